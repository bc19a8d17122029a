import { setTimeout as sleep } from 'node:timers/promises'
import { deflateSync, crc32 } from 'node:zlib'
import { fromJsonSchema, type CallToolResult, type McpServer } from '@modelcontextprotocol/server'
import { z } from 'zod'

const makeChunk = (name: string, data: Buffer): Buffer => {
  const named = Buffer.concat([Buffer.from(name, 'latin1'), data])
  const chunk = Buffer.alloc(named.length + 8)
  chunk.writeUInt32BE(data.length, 0)
  named.copy(chunk, 4)
  chunk.writeUInt32BE(crc32(named), named.length + 4)
  return chunk
}

const makePixel = (): string => {
  const header = Buffer.from([0, 0, 0, 1, 0, 0, 0, 1, 8, 2, 0, 0, 0])
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    makeChunk('IHDR', header),
    makeChunk('IDAT', deflateSync(Buffer.from([0, 200, 30, 30]))),
    makeChunk('IEND', Buffer.alloc(0)),
  ]).toString('base64')
}

/** A picture of one pixel, as PNG in base64. */
export const PIXEL = makePixel()

/** A WAV file of no samples, in base64. */
const makeSilence = (): string => {
  const wave = Buffer.alloc(44)
  wave.write('RIFF', 0, 'latin1')
  wave.writeUInt32LE(36, 4)
  wave.write('WAVEfmt ', 8, 'latin1')
  wave.writeUInt32LE(16, 16)
  wave.writeUInt16LE(1, 20)
  wave.writeUInt16LE(1, 22)
  wave.writeUInt32LE(8000, 24)
  wave.writeUInt32LE(8000, 28)
  wave.writeUInt16LE(1, 32)
  wave.writeUInt16LE(8, 34)
  wave.write('data', 36, 'latin1')
  return wave.toString('base64')
}

type Content = CallToolResult['content'][number]

const PICTURE: Content = { type: 'image', data: PIXEL, mimeType: 'image/png' }
const makeResource = (uri: string): Content => ({
  type: 'resource',
  resource: { uri, mimeType: 'text/plain', text: 'A resource inside an answer.' },
})

/** Tools that give the same whatever they are given. */
const FIXED: Readonly<Record<string, readonly Content[]>> = {
  test_simple_text: [{ type: 'text', text: 'This is a simple text response for testing.' }],
  test_image_content: [PICTURE],
  test_audio_content: [{ type: 'audio', data: makeSilence(), mimeType: 'audio/wav' }],
  test_embedded_resource: [makeResource('test://embedded-resource')],
  test_multiple_content_types: [
    { type: 'text', text: 'Several kinds at once:' },
    PICTURE,
    makeResource('test://mixed-content-resource'),
  ],
}

/** A form with words of JSON Schema that a careless server would drop (SEP-1613, SEP-2106). */
const RICH_FORM = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  type: 'object',
  $defs: {
    address: {
      $anchor: 'addressDef',
      type: 'object',
      properties: { street: { type: 'string' }, city: { type: 'string' } },
    },
  },
  properties: {
    name: { type: 'string' },
    address: { $ref: '#/$defs/address' },
    contactMethod: { type: 'string', enum: ['phone', 'email'] },
    phone: { type: 'string' },
    email: { type: 'string' },
  },
  allOf: [{ anyOf: [{ required: ['phone'] }, { required: ['email'] }] }],
  if: { properties: { contactMethod: { const: 'phone' } }, required: ['contactMethod'] },
  then: { required: ['phone'] },
  else: { required: ['email'] },
  additionalProperties: false,
} as const

/** A form one field of which also travels as a header (SEP-2243). */
const HEADER_FORM = {
  type: 'object',
  properties: { region: { type: 'string', 'x-mcp-header': 'Region' } },
  required: ['region'],
} as const

/** Long enough that notices arrive one by one. */
const STEP_MS = 50

/** Tools that the suite calls in both eras. */
export const addToolFixtures = (server: McpServer): void => {
  for (const [name, content] of Object.entries(FIXED))
    server.registerTool(name, { description: 'Gives always the same.' }, () => ({ content: [...content] }))
  for (const [name, form] of [
    ['json_schema_2020_12_tool', RICH_FORM],
    ['test_header_argument', HEADER_FORM],
  ] as const)
    server.registerTool(
      name,
      { description: 'Tells what it was given.', inputSchema: fromJsonSchema(form) },
      (given) => ({
        content: [{ type: 'text', text: JSON.stringify(given) }],
      }),
    )
  server.registerTool('test_error_handling', { description: 'Fails.' }, () => {
    throw new Error('This tool intentionally returns an error for testing')
  })
  server.registerTool(
    'test_tool_with_logging',
    { description: 'Logs three times.', inputSchema: z.object({}) },
    async (_input, { mcpReq }) => {
      for (const word of ['begun', 'at work', 'done']) {
        await mcpReq.log('info', word)
        await sleep(STEP_MS)
      }
      return { content: [{ type: 'text', text: 'It logged.' }] }
    },
  )
  server.registerTool(
    'test_tool_with_progress',
    { description: 'Tells how far it is.', inputSchema: z.object({}) },
    async (_input, { mcpReq }) => {
      const progressToken = mcpReq._meta?.progressToken
      for (const progress of [0, 50, 100]) {
        if (progressToken !== undefined)
          await mcpReq.notify({
            method: 'notifications/progress',
            params: { progressToken, progress, total: 100 },
          })
        await sleep(STEP_MS)
      }
      return { content: [{ type: 'text', text: 'All of it.' }] }
    },
  )
}
