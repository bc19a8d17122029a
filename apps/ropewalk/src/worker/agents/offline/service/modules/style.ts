/** `src/page.css` as the frontend leaves it: legible and narrow enough for a phone, without a design yet. */
export const writePlainStyle = (): string => `body {
  font: 1rem/1.5 system-ui, sans-serif;
  max-width: 60rem;
  margin: 0 auto;
  padding: 1rem;
  color: #1b1b1b;
  background: #fff;
}
label {
  display: block;
  font-weight: 600;
  margin-top: 0.75rem;
}
input,
textarea {
  font: inherit;
  width: 100%;
  max-width: 30rem;
  padding: 0.4rem;
  border: 1px solid #595959;
  box-sizing: border-box;
}
button {
  font: inherit;
  margin-top: 1rem;
  padding: 0.5rem 1rem;
  color: #fff;
  background: #0b4f8a;
  border: 0;
}
:focus-visible {
  outline: 0.2rem solid #0b4f8a;
  outline-offset: 0.15rem;
}
h1,
h2 {
  overflow-wrap: anywhere;
}
.scroll {
  overflow-x: auto;
}
table {
  border-collapse: collapse;
  min-width: 100%;
  margin-top: 1rem;
}
th,
td {
  border-bottom: 1px solid #8a8a8a;
  padding: 0.4rem;
  text-align: left;
  vertical-align: top;
  min-width: 7rem;
  max-width: 20rem;
  overflow-wrap: anywhere;
}
caption {
  text-align: left;
  font-weight: 600;
}
.hint {
  color: #4a4a4a;
}
.problem {
  border-left: 0.3rem solid #a80000;
  padding-left: 0.75rem;
}
`
