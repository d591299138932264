import { ackedDurable } from './acked-durable.js'
import { ackedInLog } from './acked-in-log.js'
import { logMatching } from './log-matching.js'
import { offsetsDense } from './offsets-dense.js'
import { producerSequence } from './producer-sequence.js'
import { watermarkOrder } from './watermark-order.js'

/** What must hold of brokers after every step. */
export const brokerInvariants = [offsetsDense, logMatching, watermarkOrder, producerSequence, ackedInLog, ackedDurable] as const
