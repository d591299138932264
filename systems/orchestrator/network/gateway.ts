import type { Host } from '../../../sim/host/seam.js'
import { gatewayApi, gatewayMac, vxlan } from './frames.js'
import { Neighbours } from './neighbours.js'

/** Where guests meet the world: a tunnel endpoint on every segment, which opens flows to guests for whoever asks it. */
export class Gateway {
  readonly neighbours: Neighbours

  constructor(host: Host) {
    this.neighbours = new Neighbours(host, null)
    host.net.serve(vxlan, {
      frame: (frame, from) => {
        this.neighbours.learn(frame, from)
        return null
      },
    })
    host.net.serve(gatewayApi, { request: ({ vni, ip, port, body }) => this.neighbours.ask({ vni, mac: gatewayMac }, ip, port, body) })
  }

  static boot(host: Host): Gateway {
    return new Gateway(host)
  }
}
