import { lock } from './lock.scenario.js'

/** The same service with its fix: the counter refuses a holder whose lease has gone to somebody else. */
export default lock('lock-fixed', true)
