/** One message of a client, as it came: `type` is empty for the first one, which has none. */
export type WireMessage = { readonly type: string; readonly bytes: Buffer }

/** Cuts a stream of bytes into messages of the Postgres protocol; what is not whole yet waits for more. */
export const makeMessageCutter = (startsBare: boolean): ((chunk: Buffer) => WireMessage[]) => {
  let rest: Buffer = Buffer.alloc(0)
  let isBare = startsBare
  return (chunk) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    const messages: WireMessage[] = []
    for (;;) {
      const head = isBare ? 0 : 1
      if (rest.length < head + 4) return messages
      const length = head + rest.readUInt32BE(head)
      if (rest.length < length) return messages
      const bytes = rest.subarray(0, length)
      messages.push({ type: isBare ? '' : String.fromCharCode(bytes[0] ?? 0), bytes })
      isBare = false
      rest = rest.subarray(length)
    }
  }
}

const readText = (bytes: Buffer, from: number): { readonly text: string; readonly end: number } => {
  const stop = bytes.indexOf(0, from)
  return { text: bytes.toString('utf8', from, stop), end: stop + 1 }
}

/** What one client asks in one go: up to a Sync, or one simple query. */
export type Unit = {
  readonly bytes: Buffer
  readonly statements: readonly { readonly name: string; readonly text: string; readonly values: Buffer }[]
}

const CLOSES_UNIT = new Set(['S', 'Q'])
const PART_OF_UNIT = new Set(['P', 'B', 'D', 'E', 'C', 'H'])

/** Gathers a client's messages into units, with the text of each statement that is to be carried out. */
export const makeUnitReader = (): ((message: WireMessage) => Unit | undefined) => {
  const prepared = new Map<string, string>()
  const portals = new Map<string, { name: string; text: string; values: Buffer }>()
  let parts: Buffer[] = []
  let statements: { name: string; text: string; values: Buffer }[] = []
  return ({ type, bytes }) => {
    parts.push(bytes)
    if (type === 'Q') statements.push({ name: '', text: readText(bytes, 5).text, values: Buffer.alloc(0) })
    if (type === 'P') {
      const name = readText(bytes, 5)
      prepared.set(name.text, readText(bytes, name.end).text)
    }
    if (type === 'B') {
      const portal = readText(bytes, 5)
      const { text: name, end } = readText(bytes, portal.end)
      portals.set(portal.text, { name, text: prepared.get(name) ?? '', values: bytes.subarray(end) })
    }
    if (type === 'E') {
      const run = portals.get(readText(bytes, 5).text)
      if (run !== undefined) statements.push(run)
    }
    if (PART_OF_UNIT.has(type)) return undefined
    const unit = { bytes: Buffer.concat(parts), statements: CLOSES_UNIT.has(type) ? statements : [] }
    parts = []
    statements = []
    return unit
  }
}
