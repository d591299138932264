import { execFile } from 'node:child_process'
import path from 'node:path'
import { promisify } from 'node:util'
import { isBuiltFormCurrent } from '../cli/own-form.mjs'
import { repository } from './repository.js'

/** Packs the package into `folder`, as publishing would, built anew where it is not as the sources are; answers the tarball's path. */
export async function pack(folder: string): Promise<string> {
  const words = ['pack', '--json', '--pack-destination', folder, ...(isBuiltFormCurrent() ? ['--ignore-scripts'] : [])]
  const { stdout } = await promisify(execFile)('npm', words, { cwd: repository, maxBuffer: 1 << 24 })
  const [packed] = JSON.parse(stdout.slice(stdout.indexOf('[\n'))) as { filename: string }[]
  return path.join(folder, packed!.filename)
}
