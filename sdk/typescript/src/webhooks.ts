import { createHmac, timingSafeEqual } from 'node:crypto'
import type { PeerEvent, SeenPeer } from './events.js'

/** The header fields of a request: those of Node, or of `fetch`. */
export type WebhookHeaders = Headers | Readonly<Record<string, string | string[] | undefined>>

/** A request that the core has not signed, or that is too old. Answer it with 401. */
export class WebhookError extends Error {
  override readonly name = 'WebhookError'
}

/**
 * The event in a request to the path that `webhook` in `app_meta.json` names. Throws `WebhookError` if the core has not signed it, or if it is older than five
 * minutes.
 *
 * @param secret See `Portal.webhookSecret`.
 * @param body The body as it was sent, not parsed.
 */
export function webhookEvent(secret: string, headers: WebhookHeaders, body: string | Uint8Array): PeerEvent {
  verifyWebhook(secret, headers, body)
  const message = JSON.parse(Buffer.from(body).toString()) as { type: string; data: SeenPeer }
  return { type: message.type, id: read(headers, 'webhook-id'), peer: message.data }
}

/**
 * Verifies a signature of Standard Webhooks 1.0, by whomever. Throws `WebhookError`.
 *
 * @param secret `whsec_` and base64.
 * @param tolerance Seconds that the time of the attempt may lie in the past or in the future.
 * @param now Unix time in seconds.
 */
export function verifyWebhook(secret: string, headers: WebhookHeaders, body: string | Uint8Array, tolerance = 300, now = Date.now() / 1000): void {
  const [id, timestamp] = [read(headers, 'webhook-id'), read(headers, 'webhook-timestamp')]
  if (!/^[0-9]{1,15}$/.test(timestamp) || Math.abs(now - Number(timestamp)) > tolerance) throw new WebhookError('The time of the webhook is missing or too far away.')

  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64')
  const expected = createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest()
  const sent = read(headers, 'webhook-signature').split(' ').filter((each) => each.startsWith('v1,')).map((each) => Buffer.from(each.slice(3), 'base64'))
  if (!sent.some((each) => each.length === expected.length && timingSafeEqual(each, expected))) throw new WebhookError('The signature of the webhook is not right.')
}

function read(headers: WebhookHeaders, name: string): string {
  const value = headers instanceof Headers ? headers.get(name) : Object.entries(headers).find(([key]) => key.toLowerCase() === name)?.[1]
  return typeof value === 'string' ? value : ''
}
