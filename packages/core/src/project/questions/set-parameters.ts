import { type Refused, refuse } from '../../decision.ts'
import type { Parameters } from '../../contract/item.ts'
import { getJsonBytes } from '../../clip.ts'
import { getActor } from '../../draft.ts'
import { addEvent, type Draft } from '../draft.ts'
import { expectProject } from '../patch.ts'

/** Parameters are part of every order and of the event that gives it out, which holds 8 KB. */
export const MAX_PARAMETER_BYTES = 3000
const MAX_PARAMETERS = 60

/** Why some more parameters do not fit; undefined when they do. */
export const findParameterFault = (present: Parameters, more: Parameters): Refused | undefined => {
  const all = { ...present, ...more }
  const bytes = getJsonBytes(all)
  if (bytes > MAX_PARAMETER_BYTES)
    return refuse(
      'PAYLOAD_TOO_LARGE',
      `Parameters have at most ${MAX_PARAMETER_BYTES} bytes as JSON; these come to ${bytes}.`,
    )
  const count = Object.keys(all).length
  return count > MAX_PARAMETERS
    ? refuse(
        'INVALID_ARGUMENT',
        `A project has at most ${MAX_PARAMETERS} parameters; these come to ${count}.`,
      )
    : undefined
}

/** Sets those parameters whose value is another. */
export const setParameters = (draft: Draft, parameters: Parameters, by = getActor(draft)): void => {
  const present = expectProject(draft.state).parameters
  const changed = Object.entries(parameters).filter(([name, value]) => present[name] !== value)
  if (changed.length > 0)
    addEvent(draft, 'PROJECT.PARAMETERS_SET', { parameters: Object.fromEntries(changed), by })
}
