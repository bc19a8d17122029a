import { z } from 'zod'
import { METHOD_CONTRACTS } from '../../packages/core/src/contract/methods/list.ts'
import type { MethodContract } from '../../packages/core/src/contract/methods/method.ts'
import type { SchemaFolder } from './describe.ts'

/** What a method takes, as callers write it, and what it gives, as they read it. */
const describeMethod = ({ name, about, permission, input, output }: MethodContract) => ({
  [`${name}.input.schema.json`]: {
    title: name,
    description: about,
    'x-permission': permission,
    ...z.toJSONSchema(input, { io: 'input', target: 'draft-2020-12' }),
  },
  [`${name}.output.schema.json`]: {
    title: `${name} gives`,
    ...z.toJSONSchema(output, { io: 'output', target: 'draft-2020-12' }),
  },
})

/** The agent surface: tools of MCP, and `POST /v1/mcp/NAME`. */
export const METHOD_SCHEMAS: readonly SchemaFolder[] = [
  {
    folder: 'methods',
    files: Object.assign({}, ...METHOD_CONTRACTS.map(describeMethod)) as SchemaFolder['files'],
  },
]
