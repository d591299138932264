#!/usr/bin/env node
import { importOwn } from './own-form.mjs'

process.on('uncaughtException', defect)
try {
  const { main } = await importOwn('cli/main')
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  defect(error)
}

function defect(error) {
  process.stderr.write(`seedfall: a defect of Seedfall itself, please report it with this text:\n${error instanceof Error ? error.stack : error}\n`)
  process.exit(70)
}
