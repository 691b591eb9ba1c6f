"""How a pull request is opened on GitHub and Gitea, and what goes wrong."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from dvc_sync_s3.errors import Blocked, Transient
from dvc_sync_s3.git.merge_request import PullRequests, proposer, push_options
from dvc_sync_s3.git.model import Author, Credentials, HostKind, MessageRules, Proposing, Repository
from tests.e2e.servers.pull_requests import PullRequest, PullRequestHost, serve_pull_requests

TOKEN = "a-token-that-nobody-may-see"
SIDE = "dvc-sync/main"


@pytest.fixture(params=[HostKind.GITHUB, HostKind.GITEA])
def host(request: pytest.FixtureRequest) -> Iterator[PullRequestHost]:
    with serve_pull_requests(request.param, TOKEN, "team/data") as served:
        yield served


def requests_at(host: PullRequestHost, token: str = TOKEN) -> PullRequests:
    proposing = Proposing(SIDE, host.kind, host.url)
    url = "https://git.example.com/team/data.git"
    repository = Repository(url, "main", Author("a", "a@example.com"), Credentials("bot", token), proposing=proposing)
    return PullRequests(repository, proposing)


def test_a_pull_request_is_opened_once_and_the_next_after_its_merge(host: PullRequestHost) -> None:
    requests = requests_at(host)
    requests.propose("1" * 40)
    requests.propose("2" * 40)
    requests_at(host).propose("2" * 40)
    assert [(pull.head, pull.base) for pull in host.pulls] == [(SIDE, "main")]
    host.pulls[0].state = "closed"
    requests.propose("3" * 40)
    assert [pull.state for pull in host.pulls] == ["closed", "open"]


def test_a_commit_that_was_proposed_asks_nobody(host: PullRequestHost) -> None:
    requests = requests_at(host)
    requests.propose("1" * 40)
    seen = len(host.seen)
    requests.propose("1" * 40)
    assert len(host.seen) == seen == 2


def test_an_open_one_is_found_among_many(host: PullRequestHost) -> None:
    host.pulls = [PullRequest(number, "other", f"topic-{number}", "main") for number in range(120)]
    host.pulls += [PullRequest(121, "ours elsewhere", SIDE, "develop"), PullRequest(122, "ours", SIDE, "main")]
    requests_at(host).propose("1" * 40)
    assert len(host.pulls) == 122


def test_a_token_that_may_not_open_one_waits_for_a_person(host: PullRequestHost) -> None:
    with pytest.raises(Blocked, match="401: Bad credentials") as caught:
        requests_at(host, "expired-token").propose("1" * 40)
    assert "GIT_PAT_TOKEN" in caught.value.hint
    assert "expired-token" not in str(caught.value)


@pytest.mark.parametrize(("status", "error"), [(503, Transient), (429, Transient), (403, Blocked), (410, Blocked)])
def test_what_the_host_says_reaches_a_person(host: PullRequestHost, status: int, error: type[Exception]) -> None:
    requests = requests_at(host)
    host.status = status
    with pytest.raises(error, match="try later"):
        requests.propose("1" * 40)
    host.status = 0
    requests.propose("1" * 40)
    assert len(host.pulls) == 1


def test_a_host_that_does_not_answer_is_tried_again() -> None:
    nobody = PullRequestHost(HostKind.GITEA, TOKEN, "team/data", url="http://127.0.0.1:9")
    with pytest.raises(Transient) as caught:
        requests_at(nobody).propose("1" * 40)
    assert TOKEN not in str(caught.value)


def test_gitlab_opens_one_with_the_push_and_keeps_the_title_that_people_gave_it() -> None:
    proposing = Proposing(SIDE, HostKind.GITLAB, "")
    repository = Repository("https://gitlab.com/a/b", "main", Author("a", "a@example.com"), proposing=proposing)
    first, later = push_options(repository, proposing, None), push_options(repository, proposing, "1" * 40)
    assert first[:4] == ("--push-option", "merge_request.create", "--push-option", "merge_request.target=main")
    assert any(option.startswith("merge_request.title=Annotations") for option in first)
    assert later == first[:4]
    proposer(repository)("1" * 40)


def test_a_merge_requests_title_begins_as_the_teams_messages_do() -> None:
    proposing = Proposing(SIDE, HostKind.GITLAB, "")
    author, rules = Author("a", "a@example.com"), MessageRules("chore(data):")
    repository = Repository("https://gitlab.com/a/b", "main", author, message_rules=rules, proposing=proposing)
    options = push_options(repository, proposing, None)
    assert any(option.startswith("merge_request.title=chore(data): Annotations") for option in options)
