import { z } from 'zod'
import { makeTool } from './tool.ts'

const MAX_CHARS = 100_000

export const artifactRead = makeTool({
  id: 'artifact.read',
  version: '1.0.0',
  description: 'Reads one of the input artifacts of this task by name, from a character on (0 is the first).',
  input: z.strictObject({ name: z.string().min(1).max(64), from: z.int().min(0) }),
  run: ({ name, from }, { job }) => {
    const input = job.inputs.find((each) => each.ref.name === name)
    if (input === undefined)
      return Promise.resolve(
        `This task has no input ${name}; it has ${job.inputs.map((each) => each.ref.name).join(', ') || 'none'}.`,
      )
    if (input.bytes.includes(0))
      return Promise.resolve(`${name} is not text (${input.ref.artifact.mediaType}).`)
    const content = input.bytes.toString('utf8')
    const shown = content.slice(from, from + MAX_CHARS)
    return Promise.resolve(
      from + shown.length < content.length
        ? `${shown}\n(${String(content.length)} characters in all)`
        : shown,
    )
  },
})
