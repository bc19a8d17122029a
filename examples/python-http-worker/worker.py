"""Work of a backlog over HTTP, in plain Python: takes one task, adds up the minutes of each team, hands them in."""

import json, os, time, urllib.request

URL = os.environ.get("SERVER_URL", "http://127.0.0.1:18080")
API_TOKEN = os.environ["API_TOKEN"]
CLAIM = {"worker": "python-http-1", "capabilities": ["minutes_by_team"], "leaseSeconds": 60}


def ask(path, token, body=None, key=None):
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    if key:
        headers["Idempotency-Key"] = key  # an answer that got lost can be asked for again
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(urllib.request.Request(URL + path, data, headers), timeout=30) as answer:
        return json.load(answer)


while not (claimed := ask("/v1/work/claim", API_TOKEN, CLAIM)["work"]):
    time.sleep(0.5)
work = claimed[0]
task, token = work["order"]["id"], work["token"]  # the token is for this attempt and nothing else
rows, after = work["rows"] or [], 0
while work["rows"] is None and after is not None:  # a long table comes in pages
    page = ask(f"{work['recordsUrl']}?after={after}", token)
    rows, after = rows + page["items"], page["nextAfter"]
token = ask(f"/v1/tasks/{task}/heartbeat", token, {"pct": 50})["token"]

teams = {}
for row in rows:
    teams.setdefault(row.get("person", "nobody"), []).append(row)
facts, claims = [], []
for number, (team, own) in enumerate(sorted(teams.items()), 1):
    name, minutes = f"team-{number}.minutes", round(sum(row["estimatedMinutes"] for row in own), 2)
    lines, field = [row["row"] for row in own], " + ".join(sorted({row["field"] for row in own}))
    facts.append({"name": name, "value": minutes, "unit": "minutes", "field": field, "from": []})
    facts[-1] |= {"rows": lines[:1000], "rowCount": len(lines)}
    claims.append({"text": f"{team} spent {minutes:g} minutes.", "sources": [name]})
body = {"type": "team_minutes", "agent": "python-http-1", "confidence": 0.9, "simulated": False}
body |= {"facts": facts, "claims": claims, "content": {"teams": [claim["text"] for claim in claims]}}
done = {"tool": "worker.py", "deliverables": [{"name": "team_minutes", "body": body}]}
done["evidence"] = [{"kind": "computation", "statement": f"Added up {len(rows)} rows by team."}]
answer = ask(f"/v1/work/{task}/complete", token, done, f"{task}-{work['attempt']}")
print(json.dumps({"taskId": task, "rows": len(rows), "status": answer["status"], "reasons": answer["reasons"]}))
