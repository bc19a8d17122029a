import type { Rtm } from '@ropewalk/core/contract/documents'
import type { Changelog } from '@ropewalk/core/contract/documents/release'
import { clip, getPlainLine } from '../words.ts'
import type { Product } from './parts/product.ts'
import { FIRST_VERSION } from '../version.ts'
import { isProven } from './write-test-report.ts'

/** One entry for each requirement that a passing test proves; without any, one that says so. */
export const writeChangelog = ({ prd, design }: Product, rtm: Rtm | undefined): Changelog => {
  const proven = new Set(rtm?.rows.filter(isProven).map(({ requirementId }) => requirementId))
  const changes = prd.requirements.flatMap(
    ({ id, title }, index): Changelog['releases'][number]['changes'] =>
      proven.has(id)
        ? [
            {
              kind: 'added',
              text: `${clip(getPlainLine(title), 200)} (${id}).`,
              cites: [`PRD#/requirements/${String(index)}`],
            },
          ]
        : [],
  )
  return {
    releases: [
      {
        version: FIRST_VERSION,
        changes:
          changes.length > 0
            ? changes
            : [
                {
                  kind: 'added',
                  text: `A first build of the service of ${design.noun.many}; no test is known to prove a requirement.`,
                  cites: ['PRD#/overview'],
                },
              ],
      },
    ],
  }
}
