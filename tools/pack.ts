import { execFile } from 'node:child_process'
import path from 'node:path'
import { promisify } from 'node:util'
import { repository } from './repository.js'

/** Builds the package and packs it into `folder`, as publishing would; answers the tarball's path. */
export async function pack(folder: string): Promise<string> {
  const { stdout } = await promisify(execFile)('npm', ['pack', '--json', '--pack-destination', folder], { cwd: repository, maxBuffer: 1 << 24 })
  const [packed] = JSON.parse(stdout.slice(stdout.indexOf('[\n'))) as { filename: string }[]
  return path.join(folder, packed!.filename)
}
