import type { Setting } from '../sim/check/model-family.js'
import { loadModel, stockModels } from './load-model.js'
import type { Terminal } from './terminal.js'

/** `list --models`: the models in the box, with what can be set. */
export async function listModels(json: boolean, terminal: Terminal): Promise<void> {
  const families = []
  for (const name of stockModels().keys()) families.push((await loadModel(name, terminal.folder)).family)
  if (json) {
    terminal.out(JSON.stringify(families.map(({ name, means, settings }) => ({ name, means, settings }))))
    return
  }
  for (const { name, means, settings } of families) {
    terminal.out(`${terminal.paint.strong(name)}  ${means}`)
    for (const [setting, about] of Object.entries(settings))
      terminal.out(`  ${setting}=${about.standard}  ${about.means}  ${terminal.paint.faint(rangeOf(about))}`)
  }
}

function rangeOf(setting: Setting): string {
  switch (setting.kind) {
    case 'number':
      return `${setting.least} to ${setting.most}`
    case 'choice':
      return setting.of.join(', ')
    case 'flag':
      return 'true, false'
  }
}
