import path from 'node:path'
import ts from 'typescript'
import { repository } from './repository.js'

/** Something a check refuses: where, and what to do about it. Line and column count from 1. */
export interface Finding {
  readonly file: string
  readonly line: number
  readonly column: number
  readonly message: string
}

/** TypeScript sources with their types. Paths are relative to the repository, parts joined by `/`. */
export interface SourceProgram {
  readonly files: ReadonlyMap<string, ts.SourceFile>
  readonly checker: ts.TypeChecker
  /** Whether every declaration of the symbol comes from outside the sources: the language's library, `@types` or a package. */
  isAmbient(symbol: ts.Symbol): boolean
}

/** The repository's own sources, as `tsconfig.json` selects them. */
export function repositoryProgram(): SourceProgram {
  const { fileNames, options } = readProject()
  return describe(ts.createProgram(fileNames, options))
}

/** Sources held in memory, as if they lay in the repository: for the tests of checks. They see the library's types, not each other's. */
export function programOf(sources: Readonly<Record<string, string>>): SourceProgram {
  const { options } = readProject()
  const host = ts.createCompilerHost(options)
  const held = new Map(Object.entries(sources).map(([file, text]) => [path.join(repository, file), text]))
  const { getSourceFile, fileExists, readFile } = host
  host.getSourceFile = (name, target, ...rest) => {
    const text = held.get(name)
    return text === undefined ? getSourceFile(name, target, ...rest) : ts.createSourceFile(name, text, target, true)
  }
  host.fileExists = (name) => held.has(name) || fileExists(name)
  host.readFile = (name) => held.get(name) ?? readFile(name)
  return describe(ts.createProgram([...held.keys()], options, host), [...held.keys()])
}

/** Syntax alone of one source held in memory: enough for checks of imports, and quick. */
export function parse(file: string, text: string): ReadonlyMap<string, ts.SourceFile> {
  return new Map([[file, ts.createSourceFile(path.join(repository, file), text, ts.ScriptTarget.ES2022, true)]])
}

export function findingAt(source: ts.SourceFile, node: ts.Node, message: string): Finding {
  const { line, character } = source.getLineAndCharacterOfPosition(node.getStart(source))
  return { file: relative(source.fileName), line: line + 1, column: character + 1, message }
}

export const printFinding = ({ file, line, column, message }: Finding): string => `${file}:${line}:${column} ${message}`

/** Every specifier that a file imports, re-exports or asks for at run time. */
export function importsOf(source: ts.SourceFile): { readonly specifier: string; readonly node: ts.Node; readonly typeOnly: boolean }[] {
  const found: { specifier: string; node: ts.Node; typeOnly: boolean }[] = []
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node) && ts.isStringLiteral(node.moduleSpecifier)) {
      found.push({ specifier: node.moduleSpecifier.text, node: node.moduleSpecifier, typeOnly: node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword })
    } else if (ts.isExportDeclaration(node) && node.moduleSpecifier && ts.isStringLiteral(node.moduleSpecifier)) {
      found.push({ specifier: node.moduleSpecifier.text, node: node.moduleSpecifier, typeOnly: node.isTypeOnly })
    } else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      const [argument] = node.arguments
      if (argument && ts.isStringLiteralLike(argument)) found.push({ specifier: argument.text, node: argument, typeOnly: false })
    } else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument) && ts.isStringLiteral(node.argument.literal)) {
      found.push({ specifier: node.argument.literal.text, node: node.argument, typeOnly: true })
    }
    ts.forEachChild(node, visit)
  }
  visit(source)
  return found
}

function readProject(): { fileNames: string[]; options: ts.CompilerOptions } {
  const file = path.join(repository, 'tsconfig.json')
  const read = ts.readConfigFile(file, ts.sys.readFile)
  if (read.error) throw new Error(ts.flattenDiagnosticMessageText(read.error.messageText, '\n'))
  const { fileNames, options, errors } = ts.parseJsonConfigFileContent(read.config, ts.sys, repository)
  if (errors.length > 0) throw new Error(ts.flattenDiagnosticMessageText(errors[0]!.messageText, '\n'))
  return { fileNames, options }
}

function describe(program: ts.Program, only?: readonly string[]): SourceProgram {
  const own = program.getSourceFiles().filter((file) => (only ? only.includes(file.fileName) : isOwn(file.fileName)))
  const files = new Map(own.map((file) => [relative(file.fileName), file]))
  const sources = new Set(own)
  return {
    files,
    checker: program.getTypeChecker(),
    isAmbient: (symbol) => (symbol.declarations ?? []).every((declaration) => !sources.has(declaration.getSourceFile())),
  }
}

const relative = (file: string): string => path.relative(repository, file).split(path.sep).join('/')
const isOwn = (file: string): boolean => !relative(file).startsWith('..') && !file.includes('/node_modules/')
