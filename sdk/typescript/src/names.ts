// Header values with names are UTF-8; fetch, Node and others hand them out as Latin-1, one character for each byte.

/** Latin-1 text to the UTF-8 that was sent. A value that is no UTF-8 stays as it is. */
export function fromHeader(value: string): string {
  if (!/^[\x00-\xff]*$/.test(value)) return value
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Uint8Array.from(value, (each) => each.charCodeAt(0)))
  } catch {
    return value
  }
}

/** The other way round. */
export function toHeader(value: string): string {
  return Array.from(new TextEncoder().encode(value), (each) => String.fromCharCode(each)).join('')
}
