/** A bug kept as a patch, with the test that must fail once it is in. */
export type PlantedBug = {
  readonly name: string
  /** The test file, from the root of the repository. */
  readonly file: string
  /** A part of the test's own title, or of its group's, that names it and no other. */
  readonly title: string
  readonly text: string
}

const HEADER = /^Expect-Red: (\S+) "(.+)"$/mu

/**
 * Reads a patch whose head says in words what the bug is and, in a line `Expect-Red: FILE "TITLE"`, which test
 * sees it. Throws where that line is missing.
 */
export const parsePlanted = (fileName: string, text: string): PlantedBug => {
  const [, file, title] = HEADER.exec(text.split('\n--- ')[0] ?? '') ?? []
  if (file === undefined || title === undefined)
    throw new Error(`${fileName} needs a line like: Expect-Red: path/to/file.test.ts "title of the test"`)
  return { name: fileName.replace(/\.patch$/u, ''), file, title, text }
}
