"""The handlers of the examples in config/templates: small, and without other systems.

    tasker dev --worker-program worker/python/examples/handlers.py

Where a real handler would call another system, these read from the task's context what it answers.
"""

import csv
import hashlib
import io
import pathlib
import shutil
import tempfile

import tasker

# expense_approval


@tasker.step("expenses.total")
def expenses_total(context):
    return {"amount": sum(item["amount"] for item in context["items"])}


@tasker.step("expenses.pay")
def expenses_pay(total, approval=None):
    return {"amount": total["amount"], "approved_by": approval["by"] if approval else None}


@tasker.step("expenses.refuse")
def expenses_refuse(approval):
    return {"reason": approval["payload"].get("comment", "refused")}


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


# budget_release


@tasker.step("budget.release")
def budget_release(context, votes):
    return {"project": context["project"], "amount": context["amount"], "agreed": votes["by"]}


# card_payment


@tasker.step("payment.start")
def payment_start(context):
    return {"payment": f"pay-{context['order']}"}


@tasker.step("payment.capture")
def payment_capture(context, start, answer):
    if answer["payload"].get("amount", context["amount"]) != context["amount"]:
        raise tasker.Permanent("the authorised amount differs", type="wrong_amount")
    return {"captured": context["amount"], "payment": start["payment"]}


@tasker.step("payment.void")
def payment_void(start):
    return {"voided": start["payment"]}


# appointment_reminder


@tasker.step("appointment.message")
def appointment_message(context, initialization):
    return f"{context['patient']}: your appointment {initialization['text']}."


# order_shipping and parcel_delivery


@tasker.step("order.pick")
def order_pick(context):
    return {"weight": sum(each["weight"] for each in context["goods"])}


@tasker.step("parcel.label")
def parcel_label(context):
    if context["weight"] > 30:
        raise tasker.Permanent("a parcel weighs at most 30 kg", type="too_heavy")
    return {"tracking": "P" + hashlib.sha256(context["address"].encode()).hexdigest()[:8]}


# payroll and payslip


@tasker.step("payroll.payslips")
def payroll_payslips(context):
    wanted = [
        {"key": employee["id"], "template": "payslip", "context": employee}
        for employee in context["employees"]
    ]
    return tasker.children(wanted, on_child_failure="collect")


@tasker.step("payroll.summary")
def payroll_summary(payslips):
    return {
        "paid": sum(slip["net"] for slip in payslips.values() if slip),
        "open": sorted(employee for employee, slip in payslips.items() if slip is None),
    }


@tasker.step("payslip.gross")
def payslip_gross(context):
    if not 0 <= context["hours"] <= 250:
        raise tasker.Permanent(f"{context['hours']} hours in a month", type="wrong_hours")
    return context["hours"] * context["wage"]


@tasker.step("payslip.net")
def payslip_net(gross, initialization):
    return gross * (100 - initialization["tax_percent"]) / 100


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


# loan_offer


@tasker.step("loan.rate")
def loan_rate(inputs):
    return {"score": min(100, round(100 * inputs["income"] / inputs["amount"]))}


@tasker.step("loan.price")
def loan_price(inputs, initialization):
    percent = initialization["interest_percent"] - inputs["score"] / 10 - inputs["discount"]
    return {"monthly": round(inputs["amount"] * (1 + percent / 100) / inputs["months"], 2)}


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


# support_request

_topics = {"invoice": "billing", "price": "billing", "error": "technical", "crash": "technical"}


@tasker.step("support.classify")
def support_classify(context):
    text = context["text"].lower()
    topics = [topic for word, topic in _topics.items() if word in text]
    return {"topic": topics[0] if topics else "other", "urgent": "urgent" in text}


@tasker.step("support.answer")
def support_answer(step):
    return f"The {step.method} team will look at it."


@tasker.step("support.reply")
def support_reply(parents):
    (answer,) = parents.values()
    return answer


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
