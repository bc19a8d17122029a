import { accessSync, constants } from 'node:fs'

/**
 * Programs of Chromium itself before the scripts that distributions put around it: those read files of /etc
 * that a sandbox does not show.
 */
const KNOWN = [
  '/usr/lib/chromium/chromium',
  '/usr/lib/chromium-browser/chromium-browser',
  '/usr/lib64/chromium-browser/chromium-browser',
  '/usr/lib64/chromium/chromium',
  '/opt/google/chrome/chrome',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/usr/bin/google-chrome-stable',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
]

const isProgram = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** The Chromium to use: the one that is named, else the first known one; undefined where there is none. */
export const findBrowser = (named?: string): string | undefined =>
  (named === undefined ? KNOWN : [named]).find(isProgram)
