import { ms } from '../../../sim/host/durations.js'
import { NetError } from '../../../sim/host/errors.js'
import { Busy, NotLeader } from '../../raft/errors.js'
import { storageApi } from '../storage/storage-api.js'
import type { ControlPlane } from './control-plane.js'

/** Removes the images of VMs that are gone. */
export class GarbageCollection {
  readonly #control: ControlPlane

  constructor(control: ControlPlane) {
    this.#control = control
  }

  async collect(): Promise<void> {
    const { host, node, state } = this.#control
    const storage = host.peers.storage?.[0] ?? 'storage-1'
    try {
      const images = await host.net.call(storageApi, storage, 'images', null, { timeout: callPatience })
      // An image is made after its VM's record: one that is listed and has none now had one that is gone. Ids never come again.
      await node.readIndex()
      for (const image of images) if (!state.vms.has(image)) await host.net.call(storageApi, storage, 'remove', { image }, { timeout: callPatience })
    } catch (error) {
      // What is left is found the next time.
      if (!(error instanceof NetError || error instanceof NotLeader || error instanceof Busy)) throw error
    }
  }
}

const callPatience = ms(800)
