import { modelFamily } from 'seedfall'
import { type RegisterServer, registerModel, registerSettings } from './register.js'

/** Servers that each keep a copy of their own: one of them is a register, several are not, since a client writes to one and reads from the next. */
export default modelFamily({
  name: 'single-copy-register',
  means: 'a register that each server keeps for itself',
  settings: { ...registerSettings, servers: { ...registerSettings.servers, standard: 1 } },
  make: (settings) => registerModel(singleCopy, settings),
})

const singleCopy: RegisterServer<{ value: string | null }, never> = {
  begin: () => ({ value: null }),
  receive: (state, _id, from, message) => {
    if (message.kind === 'put') {
      state.value = message.value
      return [{ to: from, message: { kind: 'put-ok', request: message.request } }]
    }
    if (message.kind === 'get') return [{ to: from, message: { kind: 'get-ok', request: message.request, value: state.value } }]
    return null
  },
  order: () => null,
}
