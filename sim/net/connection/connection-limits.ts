import { s } from '../../host/durations.js'

/** Bytes written and not yet acknowledged before `write` makes its caller wait. */
export const sendCapacity = 262_144
/** Bytes that may come before somebody reads: the largest window. */
export const receiveCapacity = 262_144
/** The longest segment on a link where nothing is the matter: what segmentation offload hands to the card. */
export const largestSegment = 65_536
/** What one frame of Ethernet carries of a stream; shorter segments wait while others are under way (Nagle, RFC 896). */
export const fullSegment = 1_460
/** After a loss: ten full segments (RFC 6928), twice as many after every round trip. */
export const carefulWindow = 10 * fullSegment
/** Retransmissions in a row after which the other side is given up: 25 s in a LAN, where Linux takes a quarter of an hour. */
export const retransmissionLimit = 6
export const mostDoublings = 8
/** As libuv sets them. */
export const keepAliveInterval = s(1)
export const keepAliveLimit = 10
/** How long a machine remembers an end that its process has left and the other side does not end (Linux' tcp_fin_timeout). */
export const lingerLimit = s(60)
