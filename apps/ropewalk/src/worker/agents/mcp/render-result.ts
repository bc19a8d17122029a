import type { CallToolResult, ContentBlock } from '@modelcontextprotocol/client'
import { cleanLine, cleanWords } from './clean-words.ts'

/** As much as there is in base64. */
const countBytes = (base64: string): number => Math.floor((base64.length * 3) / 4)

const renderBlock = (block: ContentBlock): string => {
  switch (block.type) {
    case 'text':
      return block.text
    case 'image':
    case 'audio':
      return `(${block.type} ${cleanLine(block.mimeType, 80)}, ${countBytes(block.data)} bytes, not shown)`
    case 'resource_link':
      return `(link to the resource ${cleanLine(block.name, 200)}: ${cleanLine(block.uri, 500)})`
    case 'resource':
      return 'text' in block.resource
        ? `(resource ${cleanLine(block.resource.uri, 500)})\n${block.resource.text}`
        : `(resource ${cleanLine(block.resource.uri, 500)}, ${countBytes(block.resource.blob)} bytes, not shown)`
  }
}

/** At most `maxBytes` of UTF-8, cut between characters. */
const clipBytes = (text: string, maxBytes: number): string => {
  const bytes = Buffer.from(text)
  if (bytes.length <= maxBytes) return text
  const kept = bytes
    .subarray(0, maxBytes)
    .toString('utf8')
    .replace(/\ufffd$/u, '')
  return `${kept}\n(cut; ${bytes.length} bytes in all)`
}

/** What a tool answered as text, at most `maxBytes` of it: pictures, sounds and files are named, not shown. */
export const renderResult = (
  { content = [], structuredContent }: Pick<CallToolResult, 'content' | 'structuredContent'>,
  maxBytes: number,
  redact: (text: string) => string,
): { readonly text: string; readonly bytes: number } => {
  const said = content.map(renderBlock).join('\n')
  const answer =
    said === '' && structuredContent !== undefined ? JSON.stringify(structuredContent, null, 2) : said
  // Before it is cut: half of a secret would not be known as one.
  const whole = cleanWords(redact(answer))
  return { text: clipBytes(whole === '' ? '(no content)' : whole, maxBytes), bytes: Buffer.byteLength(whole) }
}
