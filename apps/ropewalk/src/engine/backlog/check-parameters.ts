import type { Parameters } from '@ropewalk/core/contract/item'
import type { BacklogTemplate } from '@ropewalk/core/contract/backlog-template'
import { RopewalkError } from '@ropewalk/core/errors'
import { findValueFaults } from '@ropewalk/core/question/check-values'

/**
 * Throws INVALID_ARGUMENT for parameters that the template asks for and that are not what it takes: a wrong one would
 * be asked for again, or stand in the report beside figures that rest on another. Those it does not know are let be.
 */
export const checkParameters = (template: BacklogTemplate | undefined, parameters: Parameters): void => {
  const known = Object.entries(template?.parameters ?? {})
  const names = known.map(([name]) => name)
  const faults = findValueFaults(
    {
      type: 'object',
      properties: Object.fromEntries(known.map(([name, { field }]) => [name, field])),
      required: [],
      additionalProperties: false,
    },
    Object.fromEntries(Object.entries(parameters).filter(([name]) => names.includes(name))),
  )
  if (faults.length === 0) return
  const named = faults.map(({ field, expected, got }) => `${field}: expected ${expected}, got ${got}`)
  throw new RopewalkError(
    'INVALID_ARGUMENT',
    `Parameters are not what they have to be. ${named.join('; ')}.`,
    {
      details: { faults },
    },
  )
}
