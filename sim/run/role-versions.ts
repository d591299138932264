import { Misuse } from '../host/errors.js'
import { baseVersion, type HostVersion } from '../host/host-version.js'
import type { Options, Role } from './scenario.js'

/** What the host with this ordinal of a role may run, oldest first: the role as it is, then its versions in the order in which they are written. */
export function versionsOf<P>(role: Role<P>, ordinal: number, options: Options): readonly HostVersion[] {
  const config = (one: Pick<Role<P>, 'config'>) => one.config?.(ordinal, options)
  const versions: HostVersion[] = [{ name: baseVersion, boot: role.boot, config: config(role) }]
  if (role.versions === undefined) return versions
  for (const [name, version] of Object.entries(role.versions)) {
    if (name === baseVersion) throw new Misuse(`a role as it is has the version '${baseVersion}': call another otherwise`)
    const { boot = role.boot, ...rest } = typeof version === 'function' ? { boot: version } : version
    versions.push({ name, boot, config: config('config' in rest ? rest : role) })
  }
  return versions
}
