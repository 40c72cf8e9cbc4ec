"""XML replies read as JSON (dialect rule AZ528), and mock answers written as XML."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arazzo_runner.expressions.scope import at_pointer
from arazzo_runner.expressions.xml_reading import MOST_DEPTH, read_xml
from arazzo_runner.messages import ABSENT, Response
from arazzo_runner.mock.xml_bodies import xml_text
from arazzo_runner.testing import plan_text, play

INSTANCES = """\
<?xml version="1.0" encoding="UTF-8"?>
<DescribeInstancesResponse xmlns="http://ec2.example/doc/" xmlns:x="urn:x">
  <requestId>8f7724cf</requestId>
  <reservationSet>
    <item><instancesSet>
      <item x:kind="spot"><instanceId>i-1</instanceId><instanceState><name>running</name></instanceState></item>
      <item><instanceId>i-2</instanceId></item>
    </instancesSet></item>
  </reservationSet>
  <tag>a</tag><tag>b</tag>
  <empty/>
  <note lang="en">Hello <b>you</b></note>
</DescribeInstancesResponse>
"""


@pytest.mark.parametrize(
    "pointer, value",
    [
        ("/requestId", "8f7724cf"),
        ("/reservationSet/0/instancesSet/0/instanceState/name", "running"),
        ("/reservationSet/item/instancesSet/item/1/instanceId", "i-2"),
        ("/reservationSet/item/0/instancesSet/1/instanceId", "i-2"),
        ("/reservationSet/0/instancesSet/0/@kind", "spot"),
        ("/tag", ["a", "b"]),
        ("/tag/1", "b"),
        ("/empty", ""),
        ("/note/b", "you"),
        ("/note/#text", "Hello "),
        ("/reservationSet/1", ABSENT),
        ("/tag/2", ABSENT),
        ("/requestId/0", ABSENT),
        ("/DescribeInstancesResponse", ABSENT),
        ("/nothing", ABSENT),
    ],
)
def test_a_pointer_into_xml(pointer, value):
    assert at_pointer(read_xml(INSTANCES), pointer) == value


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "<a><b></a>",
        "<a/><b/>",
        '<!DOCTYPE a [<!ENTITY e "x">]><a>&e;</a>',
        '<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>',
        "<a>" * (MOST_DEPTH + 1) + "</a>" * (MOST_DEPTH + 1),
    ],
)
def test_what_is_no_xml_document_or_could_do_harm(text):
    assert read_xml(text) is ABSENT


@pytest.mark.parametrize(
    "before", ["\n" * 5_000, "<!-- a -->\n" * 5_000, "<?a b?> " * 5_000]
)
def test_blanks_and_comments_before_the_root_are_passed_over(before):
    """In one pass: sharing out the blanks in every way would never end."""
    assert read_xml(before + "<a>1</a>") == "1"
    assert read_xml(before + '<!DOCTYPE a [<!ENTITY e "x">]><a>&e;</a>') is ABSENT


names = st.from_regex(r"[a-z][a-z0-9_.-]{0,5}", fullmatch=True).filter(
    lambda each: not each.isdigit()
)
texts = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Cn", "Co"])
)
bodies = st.recursive(
    texts.map(str.strip),
    lambda inner: (
        st.dictionaries(names, inner, min_size=1, max_size=3)
        | st.lists(inner, min_size=1, max_size=3)
    ),
    max_leaves=8,
)


def leaves(value, pointer=""):
    if isinstance(value, dict):
        for key, each in value.items():
            yield from leaves(each, f"{pointer}/{key}")
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from leaves(each, f"{pointer}/{index}")
    else:
        yield pointer, value


@given(st.dictionaries(names, bodies, min_size=2, max_size=3))
def test_what_is_written_is_read_again(body):
    read = read_xml(xml_text(body, {"$ref": "#/components/schemas/Thing"}))

    for pointer, value in leaves(body):
        assert at_pointer(read, pointer) == value


def test_other_values_become_text_and_null_is_left_out():
    written = xml_text({"n": 1, "t": True, "no": None, "a b": 2, "l": []}, True)

    assert written.splitlines()[1] == "<response><n>1</n><t>true</t><l></l></response>"


API = """\
openapi: 3.1.0
info: {title: Things, version: '1'}
servers: [{url: https://api.test}]
paths:
  /things:
    get:
      operationId: listThings
      responses:
        '200': {description: Some., content: {application/xml: {schema: {type: object}}}}
"""

WORKFLOW = """\
arazzo: 1.0.1
info: {title: Test, version: '1'}
sourceDescriptions: [{name: api, url: api.yaml, type: openapi}]
workflows:
- workflowId: main
  steps:
  - stepId: list
    operationId: listThings
    successCriteria:
    - condition: $response.body#/state == 'done'
    - {type: jsonpath, context: $response.body, condition: '$.state == "done"'}
    outputs: {first: '$response.body#/things/0/id', all: $response.body}
  outputs: {first: $steps.list.outputs.first, all: $steps.list.outputs.all}
"""
TEXT = "<r><state>done</state><things><thing><id>t1</id></thing></things></r>"


@pytest.mark.parametrize(
    "media_type", ["application/xml", "text/xml", "application/a+xml"]
)
def test_criteria_and_outputs_look_into_it(media_type):
    plan = plan_text(WORKFLOW, api=API)
    reply = Response(200, body=TEXT, media_type=media_type)

    done = play(plan, {}, [reply])

    assert done.status == "succeeded"
    assert done.outputs == {"first": "t1", "all": TEXT}
    (note,) = [each for each in done.warnings if each.code == "AZ528"]
    assert note.severity == "info"
    assert "the body is XML, read as JSON" in note.message


def test_what_an_output_holds_is_plain_json():
    """It is the same before and after a state has been stored."""
    text = WORKFLOW.replace("/things/0/id'", "/things'")
    plan = plan_text(text, api=API)

    done = play(plan, {}, [Response(200, body=TEXT, media_type="text/xml")])

    assert done.outputs["first"] == {"thing": {"id": "t1"}}
    assert type(done.outputs["first"]) is dict


def test_deep_documents_are_read():
    deep = "<a>" * MOST_DEPTH + "x" + "</a>" * MOST_DEPTH
    text = WORKFLOW.replace("/things/0/id'", "/a'").replace(
        "/state == 'done'", "/a != 1"
    )
    plan = plan_text(text.replace('$.state == "done"', "$.a != 1"), api=API)

    done = play(plan, {}, [Response(200, body=deep, media_type="text/xml")])

    assert done.status == "succeeded"


def test_other_text_is_not_read_so():
    plan = plan_text(WORKFLOW, api=API)

    done = play(plan, {}, [Response(200, body=TEXT, media_type="text/plain")])

    assert done.status == "failed"


def test_not_with_strict():
    from arazzo_runner.engine.plan import Settings

    text = WORKFLOW.replace(
        "    - {type: jsonpath, context: $response.body, condition: '$.state == \"done\"'}\n",
        "",
    )
    plan = plan_text(text, settings=Settings(strict=True), api=API)

    done = play(plan, {}, [Response(200, body=TEXT, media_type="application/xml")])

    assert done.status == "failed"
    assert "AZ528" not in [each.code for each in done.warnings]
