import type { Host, HostName } from '../../sim/host/seam.js'
import { Consumer, type ConsumerOptions } from './consumer.js'
import { type DirectoryOptions, LeaderDirectory } from './leader-directory.js'
import { Producer, type ProducerOptions } from './producer.js'

export interface ClientOptions {
  readonly directory?: Partial<DirectoryOptions>
  readonly producer?: Partial<ProducerOptions>
  readonly consumer?: Partial<ConsumerOptions>
}

/** A client of a broker cluster: a producer and a consumer that share what they know of leaders. */
export class BrokerClient {
  readonly directory: LeaderDirectory
  readonly producer: Producer
  readonly consumer: Consumer

  constructor(host: Host, brokers: readonly HostName[], options: ClientOptions = {}) {
    this.directory = new LeaderDirectory(host, brokers, options.directory)
    this.producer = new Producer(host, this.directory, options.producer)
    this.consumer = new Consumer(host, this.directory, options.consumer)
  }
}
