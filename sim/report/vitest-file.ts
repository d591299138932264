import { formatReplay, type Replay } from '../run/replay.js'

/** How a test comes by its scenario. */
export type ScenarioSource = { readonly kind: 'stock'; readonly name: string } | { readonly kind: 'file'; readonly specifier: string }

/** A vitest file of its own that makes a run again and fails while it does: the story as a comment, the replay as data. */
export function vitestFile(replay: Replay, story: readonly string[], source: ScenarioSource): string {
  const { check = replay.found.outcome } = replay.found
  const scenario =
    source.kind === 'file'
      ? [`import scenario from '${quoted(source.specifier)}'`]
      : [`import { scenarios } from 'seedfall/scenarios'`, '', `const scenario = scenarios.find(({ name }) => name === '${quoted(source.name)}')!`]
  return [
    `import { parseReplay, requestOf, run } from 'seedfall'`,
    `import { expect, test } from 'vitest'`,
    ...scenario,
    '',
    `/**`,
    ...story.flatMap((line) => line.split('\n')).map((line) => ` * ${line.replaceAll('*/', '* /')}`),
    ` */`,
    `const replay = ${formatReplay(replay).trimEnd()}`,
    '',
    `test('${quoted(`${replay.scenario}, seed ${replay.seed}: ${check} holds`)}', async () => {`,
    `  const { outcome, violation, stale } = await run(requestOf(parseReplay(JSON.stringify(replay)), scenario))`,
    `  expect(stale, 'injections that find no place any more: the replay is out of date').toEqual([])`,
    `  expect(outcome, \`\${violation?.check}: \${violation?.message}\`).toBe('passed')`,
    `})`,
    '',
  ].join('\n')
}

const quoted = (text: string): string => text.replaceAll('\\', '\\\\').replaceAll("'", "\\'").replaceAll('\n', ' ')
