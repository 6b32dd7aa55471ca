"""The examples of ordinary business do what they promise, in all their branches."""

import datetime

import pytest
from example_templates import examples, short  # noqa: F401  a fixture

import tasker

SMALL = {"employee": "Ada", "items": [{"amount": 120}, {"amount": 30}]}
LARGE = {"employee": "Ada", "items": [{"amount": 1200}]}


class TestExpenseApproval:
    def test_small_expense_is_paid_without_a_manager(self, examples):
        task, states = examples.run("expense_approval", SMALL)
        assert states == {
            "total": "complete", "approval": "skipped", "pay": "complete", "refuse": "skipped",
            "notify": "complete",
        }
        assert task.result == {
            "employee": "Ada", "paid": 150, "approved_by": None, "refused": None
        }
        with pytest.raises(tasker.Conflict):
            examples.client.signal(task, "approval", {"approved": True})

    def test_limit_of_the_input_decides_who_needs_approval(self, examples):
        task, states = examples.run("expense_approval", {**LARGE, "limit": 5000})
        assert (states["approval"], task.result["paid"]) == ("skipped", 1200)

    def test_manager_sees_a_form_and_approves(self, examples):
        task = examples.create("expense_approval", LARGE)
        examples.until_it_waits(task)
        waits = examples.client.signal_waits(namespace=examples.namespace, approvals=True)
        (wait,) = [each for each in waits if each.task_id == task.task_id]
        assert wait.form and wait.form["title"] == "Expense report"
        assert wait.deadline - wait.waiting_since == datetime.timedelta(days=3)
        with pytest.raises(tasker.Refused, match="approved"):
            examples.client.signal(task, "approval", {"approved": "yes"}, by="bob")
        sent = examples.client.signal(task, "approval", {"approved": True}, by="bob")
        assert sent == "complete"
        done, states = examples.end(task)
        assert states["refuse"] == "skipped"
        assert done.result == {
            "employee": "Ada", "paid": 1200, "approved_by": "bob", "refused": None
        }

    def test_refusal_of_the_manager_gives_the_reason(self, examples):
        task = examples.create("expense_approval", LARGE)
        answer = {"approved": False, "comment": "no receipts"}
        examples.client.signal(task, "approval", answer, by="bob")
        done, states = examples.end(task)
        assert (states["pay"], states["refuse"]) == ("skipped", "complete")
        assert done.result["paid"] == 0 and done.result["refused"] == "no receipts"

    def test_no_answer_refuses_at_the_deadline(self, examples):
        task, states = examples.run("expense_approval", LARGE, short)
        assert (states["approval"], states["pay"]) == ("complete", "skipped")
        assert task.result["refused"] == "no answer within three days"


class TestBudgetRelease:
    CONTEXT = {"project": "new roof", "amount": 9000}

    def votes(self, examples, *answers):
        task = examples.create("budget_release", self.CONTEXT)
        for by, agree in answers:
            examples.client.signal(task, "vote", {"agree": agree}, by=by)
        return task

    def test_two_people_who_agree_release_it(self, examples):
        task = self.votes(examples, ("ada", True), ("bob", True))
        done, states = examples.end(task)
        assert (states["reject"], states["ask_board"]) == ("skipped", "skipped")
        assert done.result == {"release": {**self.CONTEXT, "agreed": ["ada", "bob"]}}

    def test_one_person_counts_once(self, examples):
        task = self.votes(examples, ("ada", True))
        with pytest.raises(tasker.Conflict):
            examples.client.signal(task, "vote", {"agree": True}, by="ada")
        assert examples.client.step(task, "votes").state == "waiting"
        assert examples.client.cancel(task).state == "cancelled"

    def test_one_objection_rejects_it(self, examples):
        _, states = examples.end(self.votes(examples, ("ada", True), ("bob", False)))
        assert (states["release"], states["reject"]) == ("skipped", "complete")

    def test_the_board_decides_after_the_deadline(self, examples):
        task, states = examples.run("budget_release", self.CONTEXT, short)
        assert states == {
            "votes": "skipped", "release": "skipped", "reject": "skipped", "ask_board": "complete"
        }
        assert task.is_complete


class TestAppointmentReminder:
    def test_reminder_in_the_future_waits_without_a_worker(self, examples):
        moment = "2031-05-01T08:00:00Z"
        task = examples.create("appointment_reminder", {"patient": "Ada", "remind_at": moment})
        examples.until_it_waits(task)
        waiting = examples.client.step(task, "until_reminder")
        assert (waiting.state, waiting.waiting_for) == ("waiting", "time")
        assert waiting.waits_until == datetime.datetime.fromisoformat("2031-05-01T08:00:00+00:00")
        assert examples.client.cancel(task).state == "cancelled"

    def test_messages_come_in_their_order(self, examples):
        context = {"patient": "Ada", "remind_at": "2020-01-01T08:00:00Z"}
        task, _ = examples.run("appointment_reminder", context, short)
        assert task.result == {"ask_feedback": "Ada: your appointment is over. How was it."}
        assert examples.client.step(task, "remind").result == "Ada: your appointment is soon."
        pause = examples.client.step(task, "an_hour")
        asked = examples.client.step(task, "ask_feedback")
        assert asked.started_at - pause.started_at >= datetime.timedelta(seconds=0.1)

    def test_text_that_is_no_time_is_refused(self, examples):
        with pytest.raises(tasker.Refused, match="remind_at"):
            examples.create("appointment_reminder", {"patient": "Ada", "remind_at": "soon"})


class TestPayroll:
    def test_each_employee_gets_a_payslip(self, examples):
        employees = [{"id": f"e{n}", "hours": 100, "wage": 10 + n} for n in range(20)]
        task, _ = examples.run("payroll", {"employees": employees})
        assert task.result == {"summary": {"paid": 31200, "open": []}}
        children = list(examples.client.children(task))
        assert {child.parent.key for child in children} == {each["id"] for each in employees}
        assert {child.name for child in children} == {"payslip"}

    def test_wrong_time_sheet_stops_only_its_own_payslip(self, examples):
        employees = [{"id": "ada", "hours": 100, "wage": 10}, {"id": "bob", "hours": -1, "wage": 9}]
        task, _ = examples.run("payroll", {"employees": employees})
        assert task.result == {"summary": {"paid": 800, "open": ["bob"]}}
        assert examples.client.step(task, "payslips").result["bob"] is None

    def test_company_without_employees_pays_nothing(self, examples):
        task, _ = examples.run("payroll", {"employees": []})
        assert task.result == {"summary": {"paid": 0, "open": []}}


class TestLoanOffer:
    CONTEXT = {"applicant": {"name": "Ada", "income": 600}, "amount": 1200}

    def test_defaults_fill_what_the_request_leaves_out(self, examples):
        task, _ = examples.run("loan_offer", self.CONTEXT)
        assert task.context == {**self.CONTEXT, "months": 12, "currency": "EUR"}
        assert task.result == {"offer": "1200 EUR for Ada", "monthly": 115, "score": 50}

    def test_values_of_the_request_win_over_defaults(self, examples):
        context = {**self.CONTEXT, "months": 24, "currency": "USD", "discount": 5}
        task, _ = examples.run("loan_offer", context)
        assert task.result == {"offer": "1200 USD for Ada", "monthly": 55, "score": 50}

    def test_score_outside_its_schema_fails_without_a_retry(self, examples):
        context = {**self.CONTEXT, "applicant": {"name": "Ada", "income": -60}}
        task, states = examples.run("loan_offer", context)
        rate = examples.client.step(task, "rate")
        assert (task.state, states["price"]) == ("failed", "pending")
        assert (rate.error.type, rate.attempts) == ("invalid_result", 1)
        assert "score" in rate.error.message

    def test_request_without_an_amount_is_refused(self, examples):
        with pytest.raises(tasker.Refused, match="amount"):
            examples.create("loan_offer", {"applicant": self.CONTEXT["applicant"]})


class TestSupportRequest:
    BRANCHES = ("billing", "technical", "general")

    @pytest.mark.parametrize(
        ("text", "branch"),
        [
            ("My invoice is wrong", "billing"),
            ("The program shows an error", "technical"),
            ("Where is your office?", "general"),
        ],
    )
    def test_only_the_branch_of_the_topic_runs(self, examples, text, branch):
        task, states = examples.run("support_request", {"text": text})
        assert [name for name in self.BRANCHES if states[name] == "complete"] == [branch]
        assert [name for name in self.BRANCHES if states[name] == "skipped"] == [
            name for name in self.BRANCHES if name != branch
        ]
        assert task.result == {"reply": f"The {branch} team will look at it."}

    def test_urgent_request_pages_someone_too(self, examples):
        _, states = examples.run("support_request", {"text": "Urgent: a crash"})
        assert (states["technical"], states["page"]) == ("complete", "complete")


class TestProductReview:
    def run(self, examples, text):
        return examples.run("product_review", {"text": text})

    def test_review_without_objections_is_published(self, examples):
        task, states = self.run(examples, " A very good chair. ")
        assert task.result == {"published": "A very good chair.", "length": None, "words": None}
        assert states["refuse"] == "skipped"

    def test_first_objection_skips_all_that_follows(self, examples):
        task, states = self.run(examples, "Good")
        assert task.result == {"published": None, "length": "too short", "words": None}
        assert states == {
            "check_length": "complete", "check_words": "skipped", "publish": "skipped",
            "refuse": "complete",
        }

    def test_second_objection_skips_only_the_publication(self, examples):
        task, states = self.run(examples, "Buy my Cheap Pills")
        assert task.result == {"published": None, "length": None, "words": "cheap pills"}
        assert (states["check_words"], states["refuse"]) == ("complete", "complete")


class TestLedger:
    def close(self, examples, day, amounts):
        port = int(examples.url.rpartition(":")[2])
        return examples.run("ledger_close", {
            "day": day, "amounts": amounts, "port": port, "namespace": examples.namespace
        })[0]

    def test_report_waits_until_the_ledger_of_its_day_is_closed(self, examples):
        reports = [examples.create("ledger_report", {"day": day})
                   for day in ("2026-11-01", "2026-11-01", "2026-11-02")]
        closed = self.close(examples, "2026-11-01", [10, 20.5])
        assert closed.result == {"balance": 30.5, "reports": 2}
        for report in reports[:2]:
            done, _ = examples.end(report)
            assert done.result == {"report": "The balance of 2026-11-01 is 30.5."}
        assert examples.client.cancel(reports[2]).state == "cancelled"

    def test_report_after_the_close_does_not_wait(self, examples):
        assert self.close(examples, "2026-11-03", []).result == {"balance": 0, "reports": 0}
        done, _ = examples.run("ledger_report", {"day": "2026-11-03"})
        assert done.result == {"report": "The balance of 2026-11-03 is 0."}

    def test_ledger_that_stays_open_fails_the_report_at_the_deadline(self, examples):
        task, states = examples.run("ledger_report", {"day": "2026-11-04"}, short)
        assert (task.state, states) == ("failed", {"closed": "failed", "report": "pending"})
