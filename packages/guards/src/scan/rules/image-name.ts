import type { Finding } from '../finding.ts'

/** A registry's port comes before the last slash, so only what follows it can be a tag. */
const getTag = (image: string): string | undefined => {
  const last = image.slice(image.lastIndexOf('/') + 1)
  const at = last.indexOf(':')
  return at < 0 ? undefined : last.slice(at + 1)
}

type Place = Pick<Finding, 'file' | 'line'>

/** What is wrong with how an image is named: a name that means another image tomorrow cannot be judged today. */
export const checkImageName = (prefix: string, image: string, place: Place): Finding[] => {
  if (/@sha256:[0-9a-f]{64}$/u.test(image) || image.includes('$')) return []
  const tag = getTag(image)
  if (tag === undefined || tag === 'latest') {
    return [
      {
        rule: `${prefix}-latest-image`,
        severity: 'medium',
        title: `The image ${image.slice(0, 200)} is whatever its newest build is.`,
        fix: 'Name a version, better its digest.',
        ...place,
      },
    ]
  }
  return [
    {
      rule: `${prefix}-image-by-tag`,
      severity: 'low',
      title: `The image ${image.slice(0, 200)} is named by a tag, which can be moved.`,
      fix: 'Add its digest: name:tag@sha256:….',
      ...place,
    },
  ]
}
