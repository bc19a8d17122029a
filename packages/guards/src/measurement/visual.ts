import { createHash } from 'node:crypto'
import { z } from 'zod'
import type { DocumentOf } from '@ropewalk/core/contract/documents'
import { findArtifact } from '../documents.ts'
import type { GuardInput } from '../guard.ts'
import { makeGuard } from '../make-guard.ts'
import { isBlank } from '../service/pictures.ts'
import { judgeMeasured, judgeParts, unless } from './measured.ts'

const Settings = z.strictObject({
  /** Widths at which every page must have been looked at. */
  widths: z.array(z.int().min(1).max(10_000)).min(1).max(10).default([360, 768, 1280]),
  max_overflow_px: z.int().min(0).default(0),
  /** Of each page at each width. */
  max_console_errors: z.int().min(0).default(0),
  max_missing_resources: z.int().min(0).default(0),
  /** Share of a page that may look different from before; 1 sets no limit. */
  max_changed_share: z.number().min(0).max(1).default(1),
})
type Settings = z.infer<typeof Settings>
type Assets = DocumentOf<'VisualAssets'>

const listGaps = ({ shots, before_revision: before }: Assets, { widths }: Settings): string[] => {
  const pages = [...new Set(shots.map(({ page }) => page))]
  const has = (page: string, width: number, moment: string) =>
    shots.some((shot) => shot.page === page && shot.width_px === width && shot.moment === moment)
  return [
    ...unless(pages.length > 0, 'VisualAssets holds no picture.'),
    ...pages.flatMap((page) =>
      widths.flatMap((width) =>
        unless(has(page, width, 'after'), `There is no picture of ${page} at ${width} pixels.`),
      ),
    ),
    // Pages may be new, but a version that was there before had at least one.
    ...(before === null
      ? []
      : widths.flatMap((width) =>
          unless(
            pages.some((page) => has(page, width, 'before')),
            `There is no picture from before at ${width} pixels.`,
          ),
        )),
  ]
}

const listFaults = ({ shots, changes }: Assets, settings: Settings): string[] => [
  ...shots
    .filter(({ moment }) => moment === 'after')
    .flatMap((shot) => {
      const where = `${shot.page} at ${shot.width_px} pixels`
      return [
        ...unless(
          shot.overflow_px <= settings.max_overflow_px,
          `${where} is ${shot.overflow_px} pixels wider than its window.`,
        ),
        ...unless(
          shot.console_errors.length <= settings.max_console_errors,
          `${where} has errors in its console: ${shot.console_errors[0] ?? ''}`,
        ),
        ...unless(
          shot.missing_resources.length <= settings.max_missing_resources,
          `${where} lacks what it asks for: ${shot.missing_resources[0] ?? ''}`,
        ),
      ]
    }),
  ...changes.flatMap(({ page, width_px: width, changed_share: share }) =>
    unless(
      share <= settings.max_changed_share,
      `${page} at ${width} pixels looks different in ${(share * 100).toFixed(1)} % of its area.`,
    ),
  ),
]

/** Every picture is there, is the one that was taken, and shows something. */
const listPictureFaults = async (input: GuardInput, { shots }: Assets): Promise<string[]> => {
  const faults: string[] = []
  for (const { artifact: name, digest, moment } of shots) {
    const picture = findArtifact(input, name)
    if (picture === undefined) faults.push(`The picture ${name} is not there.`)
    else if (createHash('sha256').update(picture.bytes).digest('hex') !== digest)
      faults.push(`The picture ${name} is not the one that was taken.`)
    else if (moment === 'after') {
      try {
        if (await isBlank(picture.bytes)) faults.push(`The picture ${name} shows nothing.`)
      } catch (error) {
        faults.push(
          `The picture ${name} cannot be read: ${error instanceof Error ? error.message : String(error)}`,
        )
      }
    }
  }
  return faults
}

/** The pages as they look: every breakpoint pictured, nothing overflowing, blank or broken, before beside after. */
export const guard = makeGuard({
  name: 'visual',
  version: '1.0.0',
  settings: Settings,
  judge: async (input, settings) => {
    let assets: Assets | undefined
    const part = judgeMeasured(input, 'VisualAssets', (document) => {
      assets = document
      const problems = [...listGaps(document, settings), ...listFaults(document, settings)]
      const after = document.shots.filter(({ moment }) => moment === 'after').length
      return {
        score: after === 0 ? 0 : Math.max(0, 1 - problems.length / after),
        problems,
        metrics: {
          pictures: document.shots.length,
          most_changed_share: Math.max(0, ...document.changes.map((change) => change.changed_share)),
        },
      }
    })
    const faults = assets === undefined ? [] : await listPictureFaults(input, assets)
    const judged =
      part === undefined || faults.length === 0
        ? part
        : { ...part, score: 0, isCritical: true, problems: [...faults, ...part.problems] }
    return judgeParts(input, [judged], 'VisualAssets')
  },
})
