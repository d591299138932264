import ts from 'typescript'
import { type AmbientException, ambientExceptions, ambientModules, ambientNames, guardedFolders } from './ambient-rules.js'
import { type Finding, findingAt, importsOf, type SourceProgram } from './source-program.js'

/**
 * Refuses whatever would let the machine into a simulated run: ambient time, randomness and I/O, Node's modules and `Buffer`, arithmetic that engines
 * round differently, text that depends on the machine's language, and state that outlives a run. Names are resolved with their types, so a local
 * `fetch` or a method called `now` is nobody's business. Each refusal names the replacement.
 */
export function checkAmbient(program: SourceProgram, exceptions: readonly AmbientException[] = ambientExceptions): Finding[] {
  const findings: Finding[] = []
  const unused = new Set(exceptions)
  for (const [file, source] of program.files) {
    if (!guardedFolders.some((folder) => file.startsWith(`${folder}/`))) continue
    const report = (node: ts.Node, name: string, instead: string): void => {
      const exception = exceptions.find((candidate) => candidate.file === file && candidate.name === name)
      if (exception) unused.delete(exception)
      else findings.push(findingAt(source, node, `${name}: ${instead}`))
    }
    refuseModules(source, report)
    refuseNames(program, source, report)
    refuseRunawayState(source, report)
  }
  for (const { file, name } of unused) {
    const source = program.files.get(file)
    if (source) findings.push(findingAt(source, source, `the exception for ${name} is not needed any more: remove it from tools/ambient-rules.ts`))
    else findings.push({ file, line: 1, column: 1, message: `the exception for ${name} names a file that does not exist` })
  }
  return findings
}

type Report = (node: ts.Node, name: string, instead: string) => void

function refuseModules(source: ts.SourceFile, report: Report): void {
  for (const { specifier, node, typeOnly } of importsOf(source)) {
    if (typeOnly) continue
    const name = specifier.replace(/^node:/, '')
    if (specifier.startsWith('node:') || ambientModules.has(name)) report(node, specifier, ambientModules.get(name) ?? 'reach the world through the host')
  }
}

function refuseNames(program: SourceProgram, source: ts.SourceFile, report: Report): void {
  const visit = (node: ts.Node): void => {
    if (ts.isTypeNode(node) && !ts.isExpressionWithTypeArguments(node)) return
    if (ts.isIdentifier(node)) {
      const found = ambientName(program, node)
      if (found) report(node, found, ambientNames.get(found)!)
      else if (node.text === 'Math' && !isNamedMember(node) && isAmbientName(program, node)) report(node, 'Math', 'name the function that is meant: Math.floor')
    } else if (ts.isBinaryExpression(node) && isPower(node.operatorToken.kind) && !isExact(node)) {
      report(node.operatorToken, '**', ambientNames.get('Math.pow')!)
    }
    ts.forEachChild(node, visit)
  }
  visit(source)
}

/** The dotted ambient name that an identifier stands for, when a rule speaks of it: `Math.random` at `random`, `Date` at `Date`. */
function ambientName(program: SourceProgram, node: ts.Identifier): string | undefined {
  const access = ts.isPropertyAccessExpression(node.parent) && node.parent.name === node ? node.parent : undefined
  if (!access) {
    return ambientNames.has(node.text) && !isDeclarationName(node) && isAmbientName(program, node) ? node.text : undefined
  }
  const symbol = program.checker.getSymbolAtLocation(node)
  if (!symbol || !program.isAmbient(symbol)) return
  if (ts.isIdentifier(access.expression)) {
    const whole = `${access.expression.text}.${node.text}`
    const owner = program.checker.getSymbolAtLocation(access.expression)
    if (ambientNames.has(whole) && owner && program.isAmbient(owner)) return whole
  }
  const method = `.${node.text}`
  return ambientNames.has(method) ? method : undefined
}

function isAmbientName(program: SourceProgram, node: ts.Identifier): boolean {
  const symbol = ts.isShorthandPropertyAssignment(node.parent)
    ? program.checker.getShorthandAssignmentValueSymbol(node.parent)
    : program.checker.getSymbolAtLocation(node)
  return !symbol || program.isAmbient(symbol)
}

const isNamedMember = (node: ts.Identifier): boolean => ts.isPropertyAccessExpression(node.parent)

const isPower = (kind: ts.SyntaxKind): boolean => kind === ts.SyntaxKind.AsteriskAsteriskToken || kind === ts.SyntaxKind.AsteriskAsteriskEqualsToken

/** Powers of two, and of whole numbers that are written out, are exact everywhere. */
const isExact = ({ left, right }: ts.BinaryExpression): boolean =>
  ts.isNumericLiteral(left) && (left.text === '2' || (ts.isNumericLiteral(right) && /^\d+$/.test(left.text) && /^\d+$/.test(right.text)))

const isDeclarationName = (node: ts.Identifier): boolean =>
  (ts.isPropertyAssignment(node.parent) ||
    ts.isMethodDeclaration(node.parent) ||
    ts.isPropertyDeclaration(node.parent) ||
    ts.isPropertySignature(node.parent) ||
    ts.isMethodSignature(node.parent)) &&
  node.parent.name === node

/** Bindings of a module that change, and containers that start empty without being read-only: they can only be meant to be filled. */
function refuseRunawayState(source: ts.SourceFile, report: Report): void {
  for (const statement of source.statements) {
    if (!ts.isVariableStatement(statement)) continue
    const constant = (statement.declarationList.flags & ts.NodeFlags.Const) !== 0
    const declared = statement.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.DeclareKeyword)
    for (const declaration of statement.declarationList.declarations) {
      if (declared || !ts.isIdentifier(declaration.name)) continue
      if (!constant || (startsEmpty(declaration.initializer) && !isReadOnly(declaration.type))) {
        report(
          declaration,
          declaration.name.text,
          'state of a module outlives the run and is shared by all hosts; keep it in the process, or in what `begin` returns',
        )
      }
    }
  }
}

const isReadOnly = (type: ts.TypeNode | undefined): boolean => type !== undefined && /^(readonly |Readonly)/.test(type.getText())

function startsEmpty(initializer: ts.Expression | undefined): boolean {
  if (!initializer) return false
  if (ts.isArrayLiteralExpression(initializer)) return initializer.elements.length === 0
  if (ts.isObjectLiteralExpression(initializer)) return initializer.properties.length === 0
  if (!ts.isNewExpression(initializer) || !ts.isIdentifier(initializer.expression)) return false
  return ['Map', 'Set', 'WeakMap', 'WeakSet', 'Array'].includes(initializer.expression.text) && (initializer.arguments?.length ?? 0) === 0
}
