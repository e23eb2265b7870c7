export { isVerified, Portal, type OwnerDevice, type OwnerProfile, type Peer, type PortalSelf, type ProxySecret } from './client.js'
export type { PortalOptions } from './core.js'
export { DeferredCalls, type CallReceipt, type DeferredCall, type DeferredInit } from './deferred.js'
export {
  AnswerBrokenError,
  BusyError,
  CoreUnreachableError,
  DigestMismatchError,
  InvalidCallError,
  NoSuchPeerError,
  NotAuthorizedError,
  NotFoundError,
  PeerFailedError,
  PortalError,
} from './errors.js'
export type { PeerEvent, SeenPeer } from './events.js'
export { fromHeader, toHeader } from './names.js'
export type { paths } from './openapi.js'
export type { PeerSocket, SocketOptions } from './websocket.js'
