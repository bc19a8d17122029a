import { realpath } from 'node:fs/promises'
import path from 'node:path'
import { RopewalkError } from '@ropewalk/core/errors'
import type { UserRepository } from './open-repository.ts'

const isInside = (inner: string, outer: string): boolean => {
  const relative = path.relative(outer, inner)
  return relative === '' || (!path.isAbsolute(relative) && relative.split(path.sep)[0] !== '..')
}

const findReal = async (file: string): Promise<string | undefined> => {
  try {
    return await realpath(file)
  } catch {
    // Not there, or not ours to see: in both cases it lies in no allowed folder.
    return undefined
  }
}

const isAllowed = async (file: string, roots: readonly string[]): Promise<boolean> => {
  const real = await findReal(file)
  for (const root of roots) {
    const allowed = await findReal(root)
    if (real !== undefined && allowed !== undefined && isInside(real, allowed)) return true
  }
  return false
}

/** Says the same whether or not there is something: a caller learns nothing of the machine's folders. */
const refuse = (folder: string): never => {
  throw new RopewalkError(
    'FORBIDDEN',
    `${folder} is in no folder that the operator of this server allows (setting repoRoots). Send the code as a bundle instead.`,
  )
}

/** Throws FORBIDDEN for a path outside the allowed folders, links resolved. */
export const checkAllowedPath = async (folder: string, roots: readonly string[]): Promise<void> => {
  if (!path.isAbsolute(folder) || !(await isAllowed(folder, roots))) refuse(folder)
}

/** The same for what was found there: a work tree may begin further up, and keep its history elsewhere. */
export const checkAllowedRepository = async (
  folder: string,
  { root, gitDir }: Pick<UserRepository, 'root' | 'gitDir'>,
  roots: readonly string[],
): Promise<void> => {
  for (const file of [root, gitDir]) if (!(await isAllowed(file, roots))) refuse(folder)
}
