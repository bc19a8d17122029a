/**
 * An agent outside Ropewalk: it takes one task over HTTP, does it, hands it in, and ends. Nothing but Node's own
 * modules; any language that speaks HTTP and JSON can do the same.
 *
 * ROPEWALK_URL and ROPEWALK_TOKEN say where the server is and let it in. What it does is told as lines of JSON.
 */
import { setTimeout as sleep } from 'node:timers/promises'

const URL_OF_SERVER = process.env['ROPEWALK_URL'] ?? 'http://127.0.0.1:18080'
const API_TOKEN = process.env['ROPEWALK_TOKEN'] ?? ''
const WORKER = process.env['AGENT_NAME'] ?? 'story-writer-1'
const CAPABILITY = 'story-writer'

/** How long an agent that finds no task waits before it asks again, and when it gives up. */
const PAUSE_MS = 250
const PATIENCE_MS = 60_000

const tell = (type, facts = {}) => console.log(JSON.stringify({ type, ...facts }))

/** One request. Every refusal of the server is a problem document whose `code` says what it is. */
const ask = async (method, path, token, body, headers = {}) => {
  const response = await fetch(new URL(path, URL_OF_SERVER), {
    method,
    headers: {
      authorization: `Bearer ${token}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const answer = await response.json()
  if (response.ok) return answer
  throw new Error(`${method} ${path}: ${response.status} ${answer.code}: ${answer.detail}`)
}

/** Asks until there is a task. The claim carries a token for this attempt alone; all else is done with that one. */
const claimOne = async () => {
  for (const until = Date.now() + PATIENCE_MS; Date.now() < until; await sleep(PAUSE_MS)) {
    const { tasks } = await ask('POST', '/v1/tasks/claim', API_TOKEN, {
      worker: WORKER,
      capabilities: [CAPABILITY],
      limit: 1,
      leaseSeconds: 30,
    })
    if (tasks.length > 0) return tasks[0]
  }
  throw new Error(`no task for ${CAPABILITY} within ${PATIENCE_MS} ms`)
}

const writeStory = (requirement, number) => ({
  id: `US-${String(number).padStart(3, '0')}`,
  as: 'user of the service',
  want: requirement.statement,
  so_that: `the service can be relied on for this: ${requirement.title}`,
  requirements: [requirement.id],
  acceptance: requirement.acceptance,
})

const claimed = await claimOne()
const { task, attempt, checkpoint } = claimed
let { token } = claimed
const at = (verb) => `/v1/tasks/${task.id}/${verb}`
const stories = checkpoint?.data.stories ?? []
tell('claimed', { taskId: task.id, attempt, output: task.output, resumedWith: stories.length })

const input = claimed.inputs.find(({ name }) => name === 'PRD')
if (input === undefined) {
  await ask('POST', at('fail'), token, { errorClass: 'fatal', message: 'No PRD was given.' })
  throw new Error('no PRD was given')
}
const { requirements } = await ask('GET', input.url, token)

for (const requirement of requirements.slice(stories.length)) {
  stories.push(writeStory(requirement, stories.length + 1))
  // Whoever takes over after a crash goes on from here.
  await ask('POST', at('checkpoint'), token, { token: `story-${stories.length}`, data: { stories } })
  const pct = Math.round((100 * stories.length) / requirements.length)
  const beat = await ask('POST', at('heartbeat'), token, { pct })
  token = beat.token
  if (beat.cancelled) {
    tell('cancelled', { taskId: task.id })
    process.exit(0)
  }
  await ask('POST', at('log'), token, { lines: [{ text: `wrote a story for ${requirement.id}` }] })
}

// The key makes the hand-in safe to repeat, should its answer get lost.
await ask(
  'POST',
  at('complete'),
  token,
  {
    tool: CAPABILITY,
    toolVersion: '1.0.0',
    outputs: [{ name: task.output, mediaType: 'application/json', content: { stories } }],
  },
  { 'idempotency-key': `${task.id}-${attempt}` },
)
tell('completed', { taskId: task.id, attempt, stories: stories.length })
