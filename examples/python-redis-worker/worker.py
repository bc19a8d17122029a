"""Work of a backlog over Redis Streams, in plain Python: takes one task and hands in which record took longest."""

import json, os, socket, time, uuid

WORKER, CAPABILITY, SPACE = "python-redis-1", "longest_record", os.environ.get("BUS_NAMESPACE", "audit")
TASKS, EVENTS = f"{SPACE}:tasks", f"{SPACE}:events"
ADDRESS = os.environ.get("REDIS_HOST", "127.0.0.1"), int(os.environ.get("REDIS_PORT", "6379"))
pipe = socket.create_connection(ADDRESS).makefile("rwb")


def read_reply():
    kind, text = (line := pipe.readline().decode().strip())[:1], line[1:]
    if kind == "-" and "BUSYGROUP" not in text:
        raise SystemExit(text)
    if kind == "*":
        return [read_reply() for _ in range(int(text))]
    return pipe.read(int(text) + 2)[:-2].decode() if kind == "$" and text != "-1" else text


def redis(*words):
    words = [str(word).encode() for word in words]
    pipe.write(b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in words))
    pipe.flush()
    return read_reply()


def send(topic, kind, data):  # the id makes an event count once, however often it comes
    event = {"specversion": "1.0", "id": str(uuid.uuid4()), "source": f"/{WORKER}", "type": kind, "data": data}
    redis("XADD", f"{SPACE}:{topic}", "*", "event", json.dumps(event))


def read(*command):  # messages of one stream, each with its id
    for _, entries in redis(*command):
        return [(entry, json.loads(fields[fields.index("event") + 1])) for entry, fields in entries]
    return []


def tell(kind, expected, data):  # sends an event of ours and waits for what the ledger says to it
    newest, patience = redis("XREVRANGE", EVENTS, "+", "-", "COUNT", 1), time.monotonic() + 20
    last = newest[0][0] if newest else "0"
    send("commands", kind, data)
    while time.monotonic() < patience:
        for last, event in read("XREAD", "BLOCK", 1000, "STREAMS", EVENTS, last):
            if event["type"] == expected and event["data"]["itemId"] == data["itemId"]:
                return event["data"]
    return {}


redis("XGROUP", "CREATE", TASKS, WORKER, "$", "MKSTREAM")
started = {}
while started.get("worker") != WORKER:  # the first to claim a task has it, as long as its heartbeats come
    send("heartbeats", "WORK.WORKER_SEEN", {"worker": WORKER, "capabilities": [CAPABILITY]})
    group = ("GROUP", WORKER, WORKER, "COUNT", 1, "BLOCK", 5000, "NOACK")
    for _, event in read("XREADGROUP", *group, "STREAMS", TASKS, ">"):
        offer, order = event["data"], event["data"]["order"]
        if order["capability"] == CAPABILITY and offer["rows"]:
            work = {"projectId": order["projectId"], "itemId": order["itemId"], "taskId": order["id"]}
            work |= {"attempt": offer["attempt"], "worker": WORKER}
            started = tell("WORK.ITEM_STARTED", "WORK.ITEM_STARTED", work)
row = max(offer["rows"], key=lambda row: row["estimatedMinutes"])
fact = {"name": "longest.minutes", "value": row["estimatedMinutes"], "unit": "minutes", "field": row["field"]}
body = {"type": CAPABILITY, "agent": WORKER, "confidence": 0.9, "simulated": False, "content": {"text": row["text"]}}
body |= {"facts": [fact | {"rows": [row["row"]], "rowCount": 1, "from": []}], "claims": []}
work["deliverables"] = [{"name": CAPABILITY, "type": CAPABILITY, "body": body}]
work["evidence"] = [{"kind": "computation", "statement": f"Compared {len(offer['rows'])} rows."}]
review = tell("WORK.ITEM_COMPLETED", "WORK.ITEM_REVIEWED", work)
print(json.dumps({"taskId": order["id"], "minutes": row["estimatedMinutes"], "result": review.get("result")}))
