"""Help and usage errors of every command come in the user's language: without click's own words, and with
nothing in the other language."""

import ast
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from string import Formatter

import click
import pytest

from admin_cli import program as admin_program
from clinic_desk.program import antrean_desk
from clinic_desk.session import DeskSession
from common.terminal import program
from common.translation import LOCALES
from event_tap import program as events_program
from patient_cli.program import antrean
from patient_cli.session import PatientSession
from tests.catalogs import read_catalog


def listed(words: str) -> frozenset[str]:
    return frozenset(words.split())


ENGLISH = listed("""
    a about after again all an and any are argument as at before by cannot choose clinic clinics closed
    command could date description does error file first following for from has have hospital how in
    instead invalid is it least message missing more must name no not number of omitted on one only
    option optional options or others patient queue required room see seconds set should show such than
    that the their them there this ticket to unexpected usage value wait waiting was what when which who
    will with without write wrong you your
""")
"""Words that stand in English sentences, and in no Indonesian one."""

INDONESIAN = listed("""
    ada adalah akan antrian atau bantuan belum berkas bila dan dapat dari dengan di hari harus ini itu
    juga kode kosong lagi lihat menunggu nilai nomor opsi pasien perintah rumah ruang sampai sebagai
    semua seperti sudah tanggal tidak tiket tulis untuk waktu yang
""")


@dataclass(frozen=True)
class Program:
    """A program as it is started, and its commands."""

    run: Callable[[Sequence[str]], int]
    group: click.Group


PROGRAMS: Mapping[str, Program] = {
    "antrean": Program(lambda words: program.run("antrean", antrean, PatientSession, words), antrean),
    "antrean-desk": Program(
        lambda words: program.run("antrean-desk", antrean_desk, DeskSession, words), antrean_desk
    ),
    "antrean-admin": Program(admin_program.run, admin_program.antrean_admin),
    "antrean-events": Program(events_program.run, events_program.antrean_events),
}


def commands(
    command: click.Command, words: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """A command and all beneath it, each with the words that name it."""
    yield words, command
    if isinstance(command, click.Group):
        for name, each in command.commands.items():
            yield from commands(each, (*words, name))


ALL = [
    pytest.param(name, words, command, id=" ".join((name, *words)))
    for name, each in PROGRAMS.items()
    for words, command in commands(each.group)
]


@pytest.fixture(autouse=True)
def _nothing_is_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ANTREAN_STACK_DIR", str(tmp_path / "stack"))
    monkeypatch.setattr(sys, "argv", ["/opt/antrean/bin/antrean"])


def clicks_phrases() -> set[str]:
    """What click itself says, in pieces of two words or more between the places for values."""
    phrases: set[str] = set()
    for source in Path(click.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(source.read_text())):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id in ("_", "ngettext")
            ):
                texts = [each.value for each in node.args if isinstance(each, ast.Constant)]
                phrases |= {piece for text in texts if isinstance(text, str) for piece in pieces(text)}
    return phrases


def pieces(text: str) -> set[str]:
    found = (literal.strip(" .,:'\n") for literal, *_ in Formatter().parse(text))
    return {each for each in found if " " in each}


CLICKS = clicks_phrases()


def check_language(said: str, language: str) -> None:
    """Nothing of what is said is in the other language; options, paths and commands are in neither."""
    assert [phrase for phrase in CLICKS if language == "id" and phrase in said] == []
    assert words_of(said) & (ENGLISH if language == "id" else INDONESIAN) == set(), said


def words_of(said: str) -> set[str]:
    text = re.sub(r"(Contoh|Example): .*?\n\n", "", said, flags=re.DOTALL)
    text = re.sub(r"`[^`]*`|\"[^\"]*\"|: (\S*antrean|rabbitmq).*|antrean-desk queue", " ", text)
    text = re.sub(r"[a-z]+(-[a-z]+)+(?= \()", " ", text)
    text = re.sub(r"[A-Z][a-z]+(-[A-Z][a-z]+)+", " ", text)  # a header
    text = re.sub(
        r"--?[a-z][a-z-]*|\[[a-z|-]+\]|\{[a-z_|:]+\}|\([a-z]+\)|\S*[/._=\"]\S+|ANTREAN_\w+", " ", text
    )
    return set(re.findall(r"[a-z]+", text.lower()))


def test_clicks_phrases_are_known() -> None:
    assert {"Show this message and exit", "Missing argument", "No such option"} <= CLICKS


@pytest.mark.parametrize("language", ["id", "en"])
@pytest.mark.parametrize(("name", "words", "command"), ALL)
def test_help_is_in_the_users_language(
    name: str,
    words: tuple[str, ...],
    command: click.Command,
    language: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert PROGRAMS[name].run([*words, "--lang", language, "--help"]) == 0
    said = capsys.readouterr().out
    assert ("Penggunaan:" if language == "id" else "Usage:") in said
    # Commands and what their options are called are the same in every language.
    for each in command.commands if isinstance(command, click.Group) else ():
        said = re.sub(rf"^  {each}( |$)", "  ", said, flags=re.MULTILINE)
    check_language(said.replace(" ".join((name, *words)), ""), language)


def mistakes(command: click.Command) -> Iterator[list[str]]:
    """Words after the command that cannot be understood, of every kind that its parameters allow."""
    yield ["--fly"]
    yield ["-x"]
    if isinstance(command, click.Group):
        yield ["fly"]
        return
    yield []
    arguments = [each for each in command.params if isinstance(each, click.Argument)]
    given = ["/" for _ in arguments]
    yield [*given, "one", "too", "many"]
    yield given
    for each in command.params:
        if isinstance(each, click.Option):
            yield [*given, f"{each.opts[0]}=/"]
            yield [*given, each.opts[0]]


@pytest.mark.parametrize("language", ["id", "en"])
@pytest.mark.parametrize(("name", "words", "command"), ALL)
def test_usage_errors_are_in_the_users_language(
    name: str,
    words: tuple[str, ...],
    command: click.Command,
    language: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    seen = 0
    for mistake in mistakes(command):
        exit_code = PROGRAMS[name].run([*words, *mistake, "--lang", language])
        said = capsys.readouterr().err
        if exit_code == 2 and not said.startswith(("Penggunaan:", "Usage:")):
            check_language(said.replace("fly", ""), language)
            assert len(said.splitlines()) == 1
            # What is wrong with a setting is no mistake in the words.
            assert "ANTREAN_" in said or ("Bantuan: " if language == "id" else "Help: ") in said
            seen += 1
    assert seen >= 2


@pytest.mark.parametrize("name", PROGRAMS)
def test_every_value_has_a_word(name: str) -> None:
    for words, command in commands(PROGRAMS[name].group):
        for each in command.params:
            if isinstance(each, click.Argument) or (isinstance(each, click.Option) and not each.is_flag):
                is_choice = isinstance(each, click.Option) and isinstance(each.type, click.Choice)
                assert is_choice or each.metavar, (words, each.name)


def test_each_sentence_is_in_its_language() -> None:
    for each in read_catalog(LOCALES / "id.po"):
        forms = each.id if isinstance(each.id, list | tuple) else [each.id]
        said = each.string if isinstance(each.string, list | tuple) else [each.string]
        if each.id and [*forms] != [*said]:
            for form in forms:
                check_language(form, "en")
            for form in map(str, said):
                check_language(form, "id")
                assert "antrian" not in form.lower()


@pytest.mark.parametrize("name", PROGRAMS)
def test_every_program_says_its_version(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert PROGRAMS[name].run(["--version"]) == 0
    assert re.fullmatch(rf"{name} \d+\.\d+\.\d+\n", capsys.readouterr().out)
