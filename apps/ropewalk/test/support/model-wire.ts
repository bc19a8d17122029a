/** How answers of a model travel: three protocols, each whole or as a stream of server-sent events. */
export type Protocol = 'openai-chat' | 'openai-responses' | 'anthropic'

/** `namespace` holds tools of one MCP server together, where a client offers them so (OpenAI responses alone). */
export type ToolCall = { readonly name: string; readonly input: unknown; readonly namespace?: string }

export type Answer = {
  readonly text: string
  readonly calls: readonly ToolCall[]
  readonly isRefusal: boolean
}

type Wire = {
  readonly protocol: Protocol
  readonly model: string
  readonly stream: boolean
  readonly answer: Answer
  readonly usage: { readonly input: number; readonly output: number }
  /** Whether a model without structured output was given a tool to answer through (Anthropic). */
  readonly usesJsonTool: boolean
}

type Json = Readonly<Record<string, unknown>>

let counter = 0
const makeId = (prefix: string): string => `${prefix}_${String((counter += 1)).padStart(8, '0')}`

/** The body that answers, in the protocol and form that was asked for. */
export const encodeAnswer = (wire: Wire): string => {
  switch (wire.protocol) {
    case 'openai-chat':
      return encodeChat(wire)
    case 'openai-responses':
      return encodeResponses(wire)
    case 'anthropic':
      return encodeAnthropic(wire)
  }
}

const encodeChat = ({ model, stream, answer, usage }: Wire): string => {
  const calls = answer.calls.map((call) => ({
    id: makeId('call'),
    type: 'function',
    function: { name: call.name, arguments: JSON.stringify(call.input) },
  }))
  const words = answer.isRefusal
    ? { content: null, refusal: answer.text }
    : { content: answer.text === '' ? null : answer.text }
  // A compatible server has no field for a refusal that its client reads; there the filter speaks.
  const finish = calls.length > 0 ? 'tool_calls' : answer.isRefusal ? 'content_filter' : 'stop'
  const head = { id: makeId('chatcmpl'), created: 1_700_000_000, model }
  const total = {
    prompt_tokens: usage.input,
    completion_tokens: usage.output,
    total_tokens: usage.input + usage.output,
  }
  if (!stream)
    return JSON.stringify({
      ...head,
      object: 'chat.completion',
      choices: [
        {
          index: 0,
          message: { role: 'assistant', ...words, ...(calls.length > 0 ? { tool_calls: calls } : {}) },
          finish_reason: finish,
        },
      ],
      usage: total,
    })
  const chunk = (delta: Json, finish_reason: string | null) => ({
    ...head,
    object: 'chat.completion.chunk',
    choices: [{ index: 0, delta, finish_reason }],
  })
  const deltas = calls.length > 0 ? { tool_calls: calls.map((call, index) => ({ index, ...call })) } : words
  return [
    chunk({ role: 'assistant', ...deltas }, null),
    chunk({}, finish),
    { ...head, object: 'chat.completion.chunk', choices: [], usage: total },
  ]
    .map((data) => `data: ${JSON.stringify(data)}\n\n`)
    .concat('data: [DONE]\n\n')
    .join('')
}

const encodeResponses = ({ model, stream, answer, usage }: Wire): string => {
  const id = makeId('resp')
  const part = answer.isRefusal
    ? { type: 'refusal', refusal: answer.text }
    : { type: 'output_text', text: answer.text, annotations: [] }
  const output: Json[] =
    answer.calls.length > 0
      ? answer.calls.map((call) => ({
          type: 'function_call',
          id: makeId('fc'),
          call_id: makeId('call'),
          name: call.name,
          ...(call.namespace === undefined ? {} : { namespace: call.namespace }),
          arguments: JSON.stringify(call.input),
          status: 'completed',
        }))
      : [{ type: 'message', id: makeId('msg'), role: 'assistant', status: 'completed', content: [part] }]
  const whole = {
    id,
    object: 'response',
    created_at: 1_700_000_000,
    status: 'completed',
    model,
    output,
    usage: {
      input_tokens: usage.input,
      output_tokens: usage.output,
      total_tokens: usage.input + usage.output,
      input_tokens_details: { cached_tokens: 0 },
      output_tokens_details: { reasoning_tokens: 0 },
    },
  }
  if (!stream) return JSON.stringify(whole)
  const events: Json[] = [
    { type: 'response.created', response: { ...whole, status: 'in_progress', output: [] } },
  ]
  for (const [index, item] of output.entries()) {
    events.push({
      type: 'response.output_item.added',
      output_index: index,
      item:
        item.type === 'message'
          ? { ...item, content: [], status: 'in_progress' }
          : { ...item, arguments: '' },
    })
    const at = { item_id: item.id, output_index: index, content_index: 0 }
    if (item.type === 'function_call')
      events.push({ type: 'response.function_call_arguments.delta', ...at, delta: item.arguments })
    else if (answer.isRefusal) events.push({ type: 'response.refusal.delta', ...at, delta: answer.text })
    else events.push({ type: 'response.output_text.delta', ...at, delta: answer.text })
    events.push({ type: 'response.output_item.done', output_index: index, item })
  }
  events.push({ type: 'response.completed', response: whole })
  return events
    .map(
      (event, index) =>
        `event: ${String(event.type)}\ndata: ${JSON.stringify({ ...event, sequence_number: index })}\n\n`,
    )
    .join('')
}

const encodeAnthropic = ({ model, stream, answer, usage, usesJsonTool }: Wire): string => {
  const isJson = usesJsonTool && answer.calls.length === 0 && !answer.isRefusal
  const calls = isJson ? [{ name: 'json', input: parseLoosely(answer.text) }] : answer.calls
  const content: Json[] =
    calls.length > 0
      ? calls.map((call) => ({ type: 'tool_use', id: makeId('toolu'), name: call.name, input: call.input }))
      : [{ type: 'text', text: answer.text }]
  const stop_reason = answer.isRefusal ? 'refusal' : calls.length > 0 ? 'tool_use' : 'end_turn'
  const total = { input_tokens: usage.input, output_tokens: usage.output }
  const whole = {
    id: makeId('msg'),
    type: 'message',
    role: 'assistant',
    model,
    content,
    stop_reason,
    stop_sequence: null,
    usage: total,
  }
  if (!stream) return JSON.stringify(whole)
  const events: Json[] = [
    {
      type: 'message_start',
      message: { ...whole, content: [], stop_reason: null, usage: { ...total, output_tokens: 1 } },
    },
  ]
  for (const [index, block] of content.entries()) {
    const isTool = block.type === 'tool_use'
    events.push({
      type: 'content_block_start',
      index,
      content_block: isTool ? { ...block, input: {} } : { type: 'text', text: '' },
    })
    events.push({
      type: 'content_block_delta',
      index,
      delta: isTool
        ? { type: 'input_json_delta', partial_json: JSON.stringify(block.input) }
        : { type: 'text_delta', text: block.text },
    })
    events.push({ type: 'content_block_stop', index })
  }
  events.push(
    {
      type: 'message_delta',
      delta: { stop_reason, stop_sequence: null },
      usage: { output_tokens: usage.output },
    },
    { type: 'message_stop' },
  )
  return events.map((event) => `event: ${String(event.type)}\ndata: ${JSON.stringify(event)}\n\n`).join('')
}

/** A tool's input is an object on the wire; text that is no JSON is what a model with bad manners would put in. */
const parseLoosely = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) return { text }
    throw error
  }
}
