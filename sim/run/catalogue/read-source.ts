import { type ParserPlugin, parse } from '@babel/parser'
import type { PropertyCount } from '../report.js'

/** A property as a source states it: found by reading, not by running. */
export interface StatedProperty extends Place {
  readonly kind: StatedKind
  readonly name: string
}

/** `recovery` is a scenario's, `eventually` its other; the rest is stated by processes, through `host.check`. */
export type StatedKind = PropertyCount['kind'] | 'recovery'

/** A place in the code that faults may aim at. */
export interface StatedSite extends Place {
  readonly kind: 'maybe' | 'failpoint' | 'mark'
  readonly name: string
}

/** Line and column count from 1. */
export interface Place {
  readonly file: string
  readonly line: number
  readonly column: number
}

/** Something that hides a property from its readers, and what to do about it. */
export interface Finding extends Place {
  readonly message: string
}

/** What one source states, in the order of its text. */
export interface ReadSource {
  readonly properties: readonly StatedProperty[]
  readonly sites: readonly StatedSite[]
  /** Names in a scenario's `mustMeet`. */
  readonly mustMeet: readonly Named[]
  /** What it imports for use at run time. */
  readonly imports: readonly Import[]
  readonly findings: readonly Finding[]
}

export interface Named extends Place {
  readonly name: string
}

export interface Import extends Place {
  readonly specifier: string
}

/**
 * Reads one TypeScript or JavaScript source. There are no types here: a property is a call of `always`, `sometimes`, `reachable` or `unreachable` on what
 * is called `check`, on what was made from it in the same file, or on what is declared as `Properties`.
 */
export function readSource(file: string, text: string): ReadSource {
  let program: Node
  try {
    program = parse(text, { sourceType: 'unambiguous', plugins: pluginsFor(file), errorRecovery: true, attachComment: false }).program as unknown as Node
  } catch (error) {
    const { loc, message } = error as { loc?: { line: number; column: number }; message: string }
    const place = { file, line: loc?.line ?? 1, column: (loc?.column ?? 0) + 1 }
    return {
      properties: [],
      sites: [],
      mustMeet: [],
      imports: [],
      findings: [{ ...place, message: `cannot be read: ${message.replace(/ \(\d+:\d+\)$/, '')}` }],
    }
  }
  return new Reader(file, program).read()
}

/** A node of the syntax tree, as far as it matters here. */
interface Node {
  readonly type: string
  readonly loc?: { readonly start: { readonly line: number; readonly column: number } }
  readonly [field: string]: unknown
}

const checkKinds: readonly string[] = ['always', 'sometimes', 'reachable', 'unreachable'] satisfies StatedKind[]
const scenarioKinds: readonly string[] = ['eventually', 'recovery'] satisfies StatedKind[]
const siteKinds: readonly string[] = ['maybe', 'failpoint', 'mark'] satisfies StatedSite['kind'][]

function pluginsFor(file: string): ParserPlugin[] {
  const plugins: ParserPlugin[] = ['decorators', 'explicitResourceManagement']
  if (/\.[cm]?tsx?$/.test(file)) plugins.push('typescript')
  if (!/\.[cm]?ts$/.test(file)) plugins.push('jsx')
  return plugins
}

class Reader {
  readonly #properties: StatedProperty[] = []
  readonly #sites: StatedSite[] = []
  readonly #mustMeet: Named[] = []
  readonly #imports: Import[] = []
  readonly #findings: Finding[] = []
  /** Names of variables, and of fields, that hold a host's `check`. */
  readonly #variables = new Set(['check'])
  readonly #fields = new Set(['check'])
  /** Names of variables that hold one of its functions. */
  readonly #functions = new Map<string, string>()
  /** What the file's constants are, for lists that are written elsewhere in it. */
  readonly #constants = new Map<string, Node>()

  constructor(
    readonly file: string,
    readonly program: Node,
  ) {}

  read(): ReadSource {
    // An alias may be used above the line that makes it, and be made of another.
    for (let known = -1; known !== this.#known; ) {
      known = this.#known
      walk(this.program, (node) => this.#learn(node))
    }
    walk(this.program, (node) => this.#visit(node))
    return { properties: this.#properties, sites: this.#sites, mustMeet: this.#mustMeet, imports: this.#imports, findings: this.#findings }
  }

  get #known(): number {
    return this.#variables.size + this.#fields.size + this.#functions.size + this.#constants.size
  }

  // ---------------------------------------------------------------- what holds a host's `check`

  #learn(node: Node): void {
    const { id, init, key, value, left, right } = node as Readonly<Record<string, Node | null | undefined>>
    if (node.type === 'VariableDeclarator' && id && init) {
      if (id.type === 'Identifier') {
        this.#constants.set(id.name as string, init)
        if (this.#isCheck(init)) this.#variables.add(id.name as string)
      } else if (id.type === 'ObjectPattern' && this.#isCheck(init)) this.#learnFunctions(id)
    } else if (node.type === 'ObjectPattern') {
      for (const property of node.properties as Node[]) {
        const target = property.value as Node | undefined
        if (nameOf(property.key) === 'check' && target?.type === 'Identifier') this.#variables.add(target.name as string)
        if (nameOf(property.key) === 'check' && target?.type === 'ObjectPattern') this.#learnFunctions(target)
      }
    } else if (node.type === 'AssignmentExpression' && left && right && this.#isCheck(right)) {
      if (left.type === 'Identifier') this.#variables.add(left.name as string)
      else if (isMember(left)) this.#fields.add(memberName(left))
    } else if (/^Class(Private|Accessor)?Property$/.test(node.type) && (isCheckType(node) || (value && this.#isCheck(value))))
      this.#fields.add(nameOf(key) ?? '')
    else if (node.type === 'TSParameterProperty' && isCheckType(node.parameter as Node)) this.#fields.add(nameOf(node.parameter) ?? '')
    if (node.type === 'Identifier' && isCheckType(node)) this.#variables.add(node.name as string)
  }

  #learnFunctions(pattern: Node): void {
    for (const property of pattern.properties as Node[]) {
      const kind = nameOf(property.key)
      const local = nameOf(property.value)
      if (kind !== undefined && local !== undefined && checkKinds.includes(kind)) this.#functions.set(local, kind)
    }
  }

  #isCheck(node: Node): boolean {
    const bare = unwrapped(node)
    return bare.type === 'Identifier' ? this.#variables.has(bare.name as string) : isMember(bare) && this.#fields.has(memberName(bare))
  }

  // ---------------------------------------------------------------- what is stated

  #visit(node: Node): void {
    if (node.type === 'CallExpression' || node.type === 'OptionalCallExpression') this.#call(node)
    else if (node.type === 'ObjectProperty' && nameOf(node.key) === 'mustMeet') this.#expected(this.#resolved(node.value as Node))
    else if (node.type === 'ObjectProperty' && scenarioKinds.includes(nameOf(node.key) ?? '') && !isPattern(node.value as Node))
      this.#list(nameOf(node.key) as StatedKind, node.value as Node)
    else if (/^(Import|ExportNamed|ExportAll)Declaration$/.test(node.type)) this.#import(node)
    else if (node.type === 'ImportExpression') this.#importOf(node.source as Node)
  }

  #call(node: Node): void {
    const callee = unwrapped(node.callee as Node)
    const [first] = node.arguments as Node[]
    if (callee.type === 'Import') {
      if (first !== undefined) this.#importOf(first)
      return
    }
    const name = isMember(callee) ? memberName(callee) : (nameOf(callee) ?? '')
    if (isMember(callee) && checkKinds.includes(name) && this.#isCheck(callee.object as Node)) this.#property(name as StatedKind, node, first)
    else if (callee.type === 'Identifier' && this.#functions.has(name)) this.#property(this.#functions.get(name) as StatedKind, node, first)
    else if (siteKinds.includes(name) && first !== undefined) {
      const site = literal(first)
      // Others have marks, too: performance.mark.
      if (site !== undefined && (name !== 'mark' || isHost(callee))) this.#sites.push({ kind: name as StatedSite['kind'], name: site, ...this.#at(node) })
    }
  }

  #property(kind: StatedKind, node: Node, argument: Node | undefined): void {
    const name = argument === undefined ? undefined : literal(argument)
    if (name === undefined)
      this.#findings.push({
        ...this.#at(argument ?? node),
        message: `the name of this '${kind}' is not a literal: write it out, so that it can be listed without running`,
      })
    else this.#properties.push({ kind, name, ...this.#at(node) })
  }

  /** A scenario's list of what must come true. */
  #list(kind: StatedKind, given: Node): void {
    const list = this.#resolved(given)
    if (list.type !== 'ArrayExpression') {
      // `undefined`, or a shorthand of a parameter: some other object's field.
      if (list.type !== 'Identifier') this.#hidden(kind, list)
      return
    }
    for (const element of list.elements as (Node | null)[]) {
      if (element === null) continue
      if (element.type === 'SpreadElement') this.#list(kind, element.argument as Node)
      else this.#element(kind, element)
    }
  }

  #element(kind: StatedKind, given: Node): void {
    const element = this.#resolved(given)
    const named = element.type === 'ObjectExpression' ? (element.properties as Node[]).find((property) => nameOf(property.key) === 'name') : undefined
    const value = named === undefined ? undefined : (named.value as Node)
    if (value === undefined) this.#hidden(kind, given)
    else this.#property(kind, element, value)
  }

  #expected(list: Node): void {
    if (list.type !== 'ArrayExpression') return
    for (const element of list.elements as (Node | null)[]) {
      const name = element === null ? undefined : literal(element)
      if (element !== null && name !== undefined) this.#mustMeet.push({ name, ...this.#at(element) })
    }
  }

  #hidden(kind: StatedKind, node: Node): void {
    this.#findings.push({
      ...this.#at(node),
      message: `this '${kind}' is made elsewhere: write { name: '…', … } here, so that it can be listed without running`,
    })
  }

  #resolved(node: Node): Node {
    const bare = unwrapped(node)
    const constant = bare.type === 'Identifier' ? this.#constants.get(bare.name as string) : undefined
    return constant === undefined ? bare : unwrapped(constant)
  }

  #import(node: Node): void {
    const kind = (node.importKind ?? node.exportKind) as string | undefined
    const specifiers = (node.specifiers ?? []) as Node[]
    const isOfTypes = specifiers.length > 0 && specifiers.every((specifier) => specifier.importKind === 'type' || specifier.exportKind === 'type')
    if (kind !== 'type' && !isOfTypes && node.source) this.#importOf(node.source as Node)
  }

  #importOf(source: Node): void {
    const specifier = literal(source)
    if (specifier !== undefined) this.#imports.push({ specifier, ...this.#at(source) })
  }

  #at(node: Node): Place {
    return { file: this.file, line: node.loc?.start.line ?? 1, column: (node.loc?.start.column ?? 0) + 1 }
  }
}

function walk(node: Node, visit: (node: Node) => void): void {
  visit(node)
  for (const value of Object.values(node)) {
    if (Array.isArray(value)) {
      for (const item of value) if (isNode(item)) walk(item, visit)
    } else if (isNode(value)) walk(value, visit)
  }
}

const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null && typeof (value as { type?: unknown }).type === 'string'
const isMember = ({ type }: Node): boolean => type === 'MemberExpression' || type === 'OptionalMemberExpression'
const isPattern = ({ type }: Node): boolean => type === 'AssignmentPattern' || type === 'ArrayPattern' || type === 'ObjectPattern'

/** Without what TypeScript writes around an expression: `as`, `satisfies`, `!`, parentheses. */
function unwrapped(node: Node): Node {
  const isWrapper = /^(TS(As|Satisfies|NonNull|TypeAssertion|Instantiation)\w*|ParenthesizedExpression)$/.test(node.type)
  return isWrapper ? unwrapped(node.expression as Node) : node
}

/** The text of an identifier, a private name, a string or a parameter with a default. */
function nameOf(value: unknown): string | undefined {
  if (!isNode(value)) return undefined
  if (value.type === 'Identifier') return value.name as string
  if (value.type === 'PrivateName') return nameOf(value.id)
  if (value.type === 'AssignmentPattern') return nameOf(value.left)
  return literal(value)
}

const memberName = (node: Node): string => (node.computed === true ? literal(node.property as Node) : nameOf(node.property)) ?? ''

/** `host.mark`, `this.#host.mark`. */
function isHost(callee: Node): boolean {
  if (!isMember(callee)) return false
  const owner = unwrapped(callee.object as Node)
  return (isMember(owner) ? memberName(owner) : (nameOf(owner) ?? '')).toLowerCase().endsWith('host')
}

function literal(node: Node): string | undefined {
  const bare = unwrapped(node)
  if (bare.type === 'StringLiteral') return bare.value as string
  if (bare.type !== 'TemplateLiteral' || (bare.expressions as Node[]).length > 0) return undefined
  return ((bare.quasis as Node[])[0]?.value as { cooked?: string } | undefined)?.cooked
}

/** Declared as `Properties`, or as `Host['check']`. */
function isCheckType(node: Node): boolean {
  const annotation = (node.typeAnnotation as Node | undefined)?.typeAnnotation
  if (!isNode(annotation)) return false
  if (annotation.type === 'TSTypeReference') return nameOf(annotation.typeName) === 'Properties'
  const { objectType, indexType } = annotation as Readonly<Record<string, Node | undefined>>
  return (
    annotation.type === 'TSIndexedAccessType' && nameOf(objectType?.typeName) === 'Host' && isNode(indexType?.literal) && literal(indexType.literal) === 'check'
  )
}
