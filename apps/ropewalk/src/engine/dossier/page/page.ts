import { Html, html } from './html.ts'
import { STYLE } from './style.ts'

export type PageParts = {
  readonly title: string
  /** Links before the content; null where a page is short. */
  readonly navigation: Html | null
  readonly body: Html
}

/** A whole page that runs no script and loads nothing. */
export const renderPage = ({ title, navigation, body }: PageParts): string =>
  html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta
          http-equiv="Content-Security-Policy"
          content="default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data: file:; base-uri 'none'; form-action 'none'"
        />
        <meta name="referrer" content="no-referrer" />
        <title>${title}</title>
        <style>
          ${new Html(STYLE)}
        </style>
      </head>
      <body>
        <a class="skip" href="#content">Skip to the content</a>
        <div class="${navigation === null ? 'frame' : 'frame wide'}">
          ${navigation}
          <main id="content" tabindex="-1">${body}</main>
        </div>
      </body>
    </html> `.source
