import type { PNG as Picture } from 'pngjs'

/** Below this share of pixels that differ from the most frequent one, a page shows nothing. */
const MIN_DRAWN_SHARE = 0.0005

const decode = async (bytes: Uint8Array): Promise<Picture> => {
  const { PNG } = await import('pngjs')
  return PNG.sync.read(Buffer.from(bytes))
}

/** Whether a picture shows one colour and next to nothing else. Throws on bytes that are no PNG. */
export const isBlank = async (bytes: Uint8Array): Promise<boolean> => {
  const { data, width, height } = await decode(bytes)
  const counts = new Map<number, number>()
  for (let at = 0; at < data.length; at += 4) {
    const pixel = data.readUInt32BE(at)
    counts.set(pixel, (counts.get(pixel) ?? 0) + 1)
  }
  const most = Math.max(...counts.values())
  return 1 - most / (width * height) < MIN_DRAWN_SHARE
}

/** The picture on a canvas of this size; what lies outside it is transparent. */
const lay = (from: Picture, width: number, height: number): Uint8Array => {
  const canvas = new Uint8Array(width * height * 4)
  for (let row = 0; row < Math.min(from.height, height); row += 1) {
    const line = from.data.subarray(
      row * from.width * 4,
      (row * from.width + Math.min(from.width, width)) * 4,
    )
    canvas.set(line, row * width * 4)
  }
  return canvas
}

/** The share of pixels that a person would see to differ; what one picture has more than the other differs. */
export const getChangedShare = async (before: Uint8Array, after: Uint8Array): Promise<number> => {
  const { default: pixelmatch } = await import('pixelmatch')
  const [old, now] = [await decode(before), await decode(after)]
  const width = Math.max(old.width, now.width)
  const height = Math.max(old.height, now.height)
  const changed = pixelmatch(lay(old, width, height), lay(now, width, height), undefined, width, height, {
    threshold: 0.1,
  })
  return changed / (width * height)
}

/** Width and height of a PNG. */
export const getSize = async (bytes: Uint8Array): Promise<{ width: number; height: number }> => {
  const { width, height } = await decode(bytes)
  return { width, height }
}
