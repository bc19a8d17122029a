/**
 * The look of every page of a dossier. Colours keep a contrast of at least 4.5 to 1 on their ground, light
 * and dark. Nothing is loaded: fonts are the reader's own.
 */
export const STYLE = `
:root{color-scheme:light dark;--bg:#fbfbf9;--ink:#1c1d1f;--quiet:#55595e;--line:#d9dad5;--soft:#f1f1ec;--link:#0b57a4;--good:#17692f;--gap:#7a5200;--bad:#b3261e;--goodbg:#e6f3e9;--gapbg:#fbf0d9;--badbg:#fbe6e4;--bar:#3c6e9f}
@media (prefers-color-scheme:dark){:root{--bg:#16181b;--ink:#e8e8e4;--quiet:#a8adb3;--line:#3a3e43;--soft:#202327;--link:#8ec1f5;--good:#7fd094;--gap:#e6b95c;--bad:#ff9d94;--goodbg:#15301d;--gapbg:#362a10;--badbg:#3d1a17;--bar:#6ea3d6}}
*{box-sizing:border-box}
html{scroll-padding-top:1rem}
body{margin:0;background:var(--bg);color:var(--ink);font:16px/1.6 system-ui,-apple-system,"Segoe UI",sans-serif}
a{color:var(--link);text-underline-offset:.15em}
a:focus-visible,summary:focus-visible,[tabindex]:focus-visible{outline:3px solid var(--link);outline-offset:2px;border-radius:3px}
.skip{position:absolute;left:-99rem}.skip:focus{left:1rem;top:1rem;background:var(--bg);padding:.5rem 1rem;z-index:2}
.away{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
.frame{max-width:78rem;margin:0 auto;padding:1.5rem 1.25rem 4rem}
nav ul{list-style:none;margin:0;padding:0;display:flex;flex-wrap:wrap;gap:.15rem .9rem}
nav a{text-decoration:none;font-size:.92rem;display:inline-block;padding:.2rem 0}nav a:hover{text-decoration:underline}
main{min-width:0}
h1{font-size:clamp(1.6rem,4vw,2.2rem);line-height:1.2;margin:.2rem 0 .6rem;overflow-wrap:anywhere}
h2{font-size:1.3rem;line-height:1.3;margin:2.6rem 0 .7rem;padding-top:.9rem;border-top:1px solid var(--line);overflow-wrap:anywhere}
h3{font-size:1.06rem;margin:1.6rem 0 .4rem;overflow-wrap:anywhere}h4{font-size:1rem;margin:1.2rem 0 .3rem}
p,ul,ol,dl{margin:.45rem 0 .8rem}p,li,dd{overflow-wrap:anywhere}main>header p{max-width:46rem}
.lines{white-space:pre-line}li{margin:.25rem 0}
.quiet{color:var(--quiet)}
.badge{display:inline-block;padding:.05rem .55rem;border-radius:.9rem;font-size:.84rem;font-weight:600;white-space:nowrap;border:1px solid currentColor;background:var(--soft)}
.badge.good,.note.good{color:var(--good);background:var(--goodbg)}.badge.gap{color:var(--gap);background:var(--gapbg)}.badge.bad{color:var(--bad);background:var(--badbg)}
.verdict .badge{font-size:1.05rem;padding:.2rem .9rem}
.note{border-left:4px solid var(--line);background:var(--soft);padding:.55rem .9rem;border-radius:0 6px 6px 0}
.note.good,.note.gap,.note.bad{color:inherit}.note.good{border-color:var(--good)}.note.gap{border-color:var(--gap);background:var(--gapbg)}.note.bad{border-color:var(--bad);background:var(--badbg)}
code,pre{font:.875em/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}code{overflow-wrap:anywhere}
pre{background:var(--soft);padding:.8rem 1rem;overflow:auto;border-radius:6px;margin:.4rem 0 1rem}
pre code{overflow-wrap:normal}
.scroll{overflow-x:auto;margin:.4rem 0 1rem}
table{border-collapse:collapse;width:100%;font-size:.94rem}caption{text-align:left;color:var(--quiet);padding:0 0 .3rem}
th,td{text-align:left;vertical-align:top;padding:.45rem .9rem .45rem 0;border-bottom:1px solid var(--line)}
thead th{font-size:.85rem;color:var(--quiet);font-weight:600}tbody th{font-weight:600}
td{overflow-wrap:break-word;min-width:4rem}td code{white-space:nowrap}.tight{white-space:nowrap}
tr:target,details:target>summary{background:var(--gapbg)}
.when{width:38%;min-width:9rem}.bar{display:block;height:.85rem;min-width:3px;margin-top:.35rem;background:var(--bar);border-radius:2px;print-color-adjust:exact;-webkit-print-color-adjust:exact}
dl>div{display:grid;grid-template-columns:minmax(8rem,12rem) 1fr;gap:.2rem 1rem;padding:.2rem 0}dt{color:var(--quiet)}dd{margin:0}
.tiles{list-style:none;padding:0;display:grid;grid-template-columns:repeat(auto-fit,minmax(9.5rem,1fr));gap:.7rem;margin:1.2rem 0}
.tiles li{margin:0;padding:.75rem .9rem;border:1px solid var(--line);border-radius:8px;background:var(--soft)}
.tiles .name,.tiles .about{display:block;color:var(--quiet);font-size:.85rem;line-height:1.35}.tiles .value{display:block;font-size:1.45rem;font-weight:650;line-height:1.3;margin:.1rem 0}
.value.good{color:var(--good)}.value.gap{color:var(--gap)}.value.bad{color:var(--bad)}
details{border:1px solid var(--line);border-radius:8px;margin:.5rem 0;break-inside:auto}summary{cursor:pointer;padding:.55rem .9rem;border-radius:8px}summary:hover{background:var(--soft)}
.inside{padding:.1rem .9rem .7rem}
.steps{list-style:none;padding:0;margin:.3rem 0}.steps>li{display:grid;grid-template-columns:7rem 1fr;gap:.2rem 1rem;margin:0;padding:.45rem 0 .45rem 1.1rem;border-left:2px solid var(--line);position:relative}
.steps>li::before{content:"";position:absolute;left:-.36rem;top:.95rem;width:.6rem;height:.6rem;border-radius:50%;background:var(--bar)}
.steps .name{color:var(--quiet);font-size:.88rem;padding-top:.1rem}.steps p{margin:.1rem 0}
.shots{display:grid;grid-template-columns:1fr 1fr;gap:1rem;align-items:start;margin:.6rem 0 1.6rem}figure{margin:0 0 1rem}
figcaption{color:var(--quiet);font-size:.88rem;margin:.25rem 0}img{max-width:100%;height:auto;border:1px solid var(--line);border-radius:4px;background:#fff}
@media (min-width:64rem){.frame.wide{display:grid;grid-template-columns:12.5rem minmax(0,1fr);gap:2.5rem;align-items:start}
.wide nav{position:sticky;top:1.2rem;max-height:calc(100vh - 2.4rem);overflow:auto;border-right:1px solid var(--line);padding-right:1rem}.wide nav ul{display:block}}
@media (max-width:36rem){.steps>li,dl>div{grid-template-columns:1fr}body{font-size:15.5px}.when{display:none}.tight{white-space:normal}}
@media print{body{background:#fff;color:#000;font-size:10.5pt}.frame,.frame.wide{display:block;max-width:none;padding:0}nav,.skip{display:none}h2{break-after:avoid}h3,summary{break-after:avoid}
details::details-content{content-visibility:visible;block-size:auto}tr,figure,.steps>li{break-inside:avoid}.scroll{overflow:visible}pre{white-space:pre-wrap}td code{white-space:normal}a{color:inherit}img{max-height:22cm;width:auto}}
`
