import { crc32, deflateRawSync } from 'node:zlib'

export type ZipEntry = {
  readonly name: string
  readonly data: string | Buffer
  readonly stored?: boolean
  /** What the entry claims to unpack to, when it lies. */
  readonly claims?: number
  readonly encrypted?: boolean
  readonly method?: number
  readonly attributes?: number
}

type Written = { readonly local: Buffer; readonly central: Buffer }

const write = (entry: ZipEntry, offset: number): Written => {
  const name = Buffer.from(entry.name)
  const data = Buffer.from(entry.data)
  const packed = entry.stored === true ? data : deflateRawSync(data)
  const method = entry.method ?? (entry.stored === true ? 0 : 8)
  const flags = 0x800 | (entry.encrypted === true ? 1 : 0)
  const local = Buffer.alloc(30)
  local.writeUInt32LE(0x04034b50, 0)
  local.writeUInt16LE(20, 4)
  local.writeUInt16LE(flags, 6)
  local.writeUInt16LE(method, 8)
  local.writeUInt32LE(crc32(data), 14)
  local.writeUInt32LE(packed.length, 18)
  local.writeUInt32LE(entry.claims ?? data.length, 22)
  local.writeUInt16LE(name.length, 26)
  const central = Buffer.alloc(46)
  central.writeUInt32LE(0x02014b50, 0)
  central.writeUInt16LE(0x0314, 4)
  central.writeUInt16LE(20, 6)
  local.copy(central, 8, 6, 30)
  central.writeUInt32LE(entry.attributes ?? 0, 38)
  central.writeUInt32LE(offset, 42)
  return { local: Buffer.concat([local, name, packed]), central: Buffer.concat([central, name]) }
}

/** A zip archive, honest unless an entry says otherwise. */
export const makeZip = (entries: readonly ZipEntry[]): Buffer => {
  const locals: Buffer[] = []
  const centrals: Buffer[] = []
  let offset = 0
  for (const entry of entries) {
    const { local, central } = write(entry, offset)
    locals.push(local)
    centrals.push(central)
    offset += local.length
  }
  const directory = Buffer.concat(centrals)
  const end = Buffer.alloc(22)
  end.writeUInt32LE(0x06054b50, 0)
  end.writeUInt16LE(entries.length & 0xffff, 8)
  end.writeUInt16LE(entries.length & 0xffff, 10)
  end.writeUInt32LE(directory.length, 12)
  end.writeUInt32LE(offset, 16)
  return Buffer.concat([...locals, directory, end])
}
