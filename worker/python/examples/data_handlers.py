"""Handlers of the examples of data work.

Where a real handler would call another system, these read from the task's context what it answers.
"""

import csv
import hashlib
import io
import json
import pathlib
import shutil
import tempfile

import tasker

# nightly_backup


def _snapshot_of(step):
    return pathlib.Path(tempfile.gettempdir(), "tasker-snapshots", f"snapshot-{step.task_id}.tar")


@tasker.step("backup.snapshot")
def backup_snapshot(context, step):
    if not pathlib.Path(context["folder"]).is_dir():
        raise tasker.Permanent(f"no such folder: {context['folder']}", type="no_folder")
    snapshot = _snapshot_of(step)
    snapshot.parent.mkdir(exist_ok=True)
    return shutil.make_archive(str(snapshot.with_suffix("")), "tar", context["folder"])


@tasker.step("backup.upload")
def backup_upload(context, snapshot):
    if not pathlib.Path(context["target"]).is_dir():
        raise tasker.Permanent(f"no such folder: {context['target']}", type="no_target")
    return shutil.copy(snapshot, context["target"])


@tasker.step("backup.verify")
def backup_verify(snapshot, upload):
    sums = {
        hashlib.sha256(pathlib.Path(path).read_bytes()).hexdigest() for path in (snapshot, upload)
    }
    if len(sums) > 1:
        raise tasker.Permanent("the copy differs from the snapshot", type="wrong_copy")
    return {"sha256": sums.pop()}


@tasker.step("backup.alert")
def backup_alert(step):
    return {"failed": [name for name, state in step.parent_states.items() if state == "failed"]}


@tasker.step("backup.delete_snapshot")
def backup_delete_snapshot(step):
    # By its name, because a snapshot that failed half way has no result.
    _snapshot_of(step).unlink(missing_ok=True)


# supplier_quotes


@tasker.step("quotes.ask")
def quotes_ask(item):
    if "price" not in item:
        raise tasker.Permanent(f"{item['name']} makes no offer", type="no_quote")
    return {"supplier": item["name"], "price": item["price"]}


@tasker.step("quotes.cheapest")
def quotes_cheapest(ask):
    return min((quote for quote in ask if quote), key=lambda quote: quote["price"])


# sales_totals


@tasker.step("sales.read")
def sales_read(context):
    rows = csv.reader(io.StringIO(context["csv"]))
    return {
        "rows": [
            {"region": region, "amount": float(amount), "currency": currency}
            for region, amount, currency in rows
        ]
    }


@tasker.step("sales.convert")
def sales_convert(items, initialization):
    rates = initialization["rates"]
    unknown = {each["item"]["currency"] for each in items} - rates.keys()
    if unknown:
        raise tasker.Permanent(f"no rate for {', '.join(sorted(unknown))}", type="no_rate")
    rows = [each["item"] for each in items]
    return [
        {"region": row["region"], "amount": row["amount"] * rates[row["currency"]]} for row in rows
    ]


@tasker.step("sales.add")
def sales_add(convert):
    totals: dict = {}
    for row in convert:
        totals[row["region"]] = totals.get(row["region"], 0) + row["amount"]
    return totals


# customer_import


@tasker.step("customers.fetch_page")
def customers_fetch_page(context, inputs, step):
    start, end = inputs["start"], inputs["start"] + inputs["page_size"]
    seen = step.previous["customers"] if step.previous else []
    return {
        "customers": seen + context["customers"][start:end],
        "next": end if end < len(context["customers"]) else None,
    }


@tasker.step("customers.store")
def customers_store(fetch):
    return {"stored": len(fetch["customers"]), "last": (fetch["customers"] or [None])[-1]}


# exchange_rates

_rates = {"EUR": 1, "USD": 0.5, "GBP": 2}


class UnknownCurrency(Exception):
    pass


@tasker.step("rates.fetch")
def rates_fetch(context, step):
    if step.failures < context["busy_times"]:
        raise tasker.Retry("too many requests", type="rate_limited", after=0.02)
    if context["currency"] not in _rates:
        raise UnknownCurrency(context["currency"])
    return {"rate": _rates[context["currency"]]}


# warehouse_export


@tasker.step("export.request")
def export_request(context, step):
    # The same job on every attempt.
    return {"job": f"{context['table']}-{step.idempotency_key}"}


@tasker.step("export.state_of_job")
def export_state_of_job(context, request, step):
    is_running = step.iteration < context["rounds"]
    return {"job": request["job"], "state": "running" if is_running else context["outcome"]}


@tasker.step("export.load")
def export_load(context):
    return {"loaded": context["table"]}


# release_build


@tasker.step("release.style")
def release_style(context):
    if context["style_problems"]:
        raise tasker.Permanent(f"{context['style_problems']} style problems", type="style")


@tasker.step("release.build")
def release_build(item, inputs):
    if item not in ("linux", "macos", "windows"):
        raise tasker.Permanent(f"no compiler for {item}", type="unknown_platform")
    return inputs["file"]


@tasker.step("release.publish")
def release_publish(build, step):
    return {"files": build, "style": step.parent_states["style"]}


# compatibility_tests


@tasker.step("compatibility.test")
def compatibility_test(inputs):
    if inputs["image"] in inputs["broken"]:
        raise tasker.Permanent(f"{inputs['image']} is not suitable", type="unsuitable")
    return inputs["image"]


@tasker.step("compatibility.report")
def compatibility_report(step):
    return {"tested": step.parents.get("test", []), "tests": step.parent_states["test"]}


# file_import


@tasker.step("import.inspect")
def import_inspect(context):
    return {"type": pathlib.Path(context["path"]).suffix[1:]}


@tasker.step("import.parse_csv")
def import_parse_csv(context):
    return list(csv.reader(io.StringIO(pathlib.Path(context["path"]).read_text())))


@tasker.step("import.parse_json")
def import_parse_json(context):
    return json.loads(pathlib.Path(context["path"]).read_text())


@tasker.step("import.load")
def import_load(parents):
    (rows,) = parents.values()
    return {"rows": len(rows)}


@tasker.step("import.delete")
def import_delete(context):
    pathlib.Path(context["path"]).unlink(missing_ok=True)


# archive_copies


@tasker.step("archive.copy")
def archive_copy(context, item):
    if not pathlib.Path(item).is_dir():
        raise tasker.Permanent(f"no such folder: {item}", type="no_place")
    return shutil.copy(context["file"], item)


@tasker.step("archive.delete_original")
def archive_delete_original(context):
    pathlib.Path(context["file"]).unlink(missing_ok=True)
