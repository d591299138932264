import { vault } from './vault.scenario.js'

/** The same map with its mistake: replicas without checksums answer what has decayed. */
export default vault('vault-unchecked', false)
