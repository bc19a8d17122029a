import { checkDockerfile } from '../rules/dockerfile.ts'
import type { Analysis } from './analysis.ts'

/** What is wrong with one Dockerfile or Containerfile. */
export const analyse: Analysis = ({ name, text }) => checkDockerfile(name, text)
