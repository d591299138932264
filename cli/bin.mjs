#!/usr/bin/env node
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { register as registerCommonJs } from 'tsx/cjs/api'
import { register } from 'tsx/esm/api'

/** In the repository the sources run as they are; in the package their built form does. Scenario files are TypeScript in both. */
const source = new URL('./main.ts', import.meta.url)
const isSource = existsSync(source)
process.on('uncaughtException', defect)
if (isSource) process.env.TSX_TSCONFIG_PATH ??= fileURLToPath(new URL('../tsconfig.json', import.meta.url))
try {
  registerCommonJs()
  register()
  await import('./quick-names.mjs')
  const { main } = await import(isSource ? source.href : new URL('../dist/cli/main.js', import.meta.url).href)
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  defect(error)
}

function defect(error) {
  process.stderr.write(`seedfall: a defect of Seedfall itself, please report it with this text:\n${error instanceof Error ? error.stack : error}\n`)
  process.exit(70)
}
