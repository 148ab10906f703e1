"""``{question}``: a quiz question whose every option opens to say whether it is right, and why.

    ````{question} Why is the score divided by $\\sqrt{d}$?
    - [ ] So that the weights sum to one.

      The softmax does that at any scale.

    - [x] So that …

      Explanation …
    ````

The nodes hold ordinary paragraphs, so that gettext translates them; on the page each option is a ``<details>``, which
needs no script, works by keyboard and is opened for print by the style sheet.
"""

import re

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

MARK = re.compile(r"\[([ xX])\]\s+")
VERDICTS = {True: "Right.", False: "Not this one."}


class question(nodes.General, nodes.Element):
    """One question: a title, whatever else introduces it, options."""


class question_title(nodes.General, nodes.TextElement):
    """What is asked."""


class question_option(nodes.General, nodes.Element):
    """An option: a summary, then the verdict and the explanation; attribute ``right``."""


class question_summary(nodes.General, nodes.TextElement):
    """The option as it stands to be chosen."""


class QuestionDirective(SphinxDirective):
    has_content = True
    required_arguments = 1
    final_argument_whitespace = True

    def run(self):
        text = " ".join(self.arguments[0].split())
        body = nodes.container()
        self.state.nested_parse(self.content, self.content_offset, body)
        lists = [child for child in body if isinstance(child, nodes.bullet_list)]
        if len(lists) != 1 or body[-1] is not lists[0]:
            return [
                self._fault("a question ends in one list of options, `- [ ] …` and `- [x] …`", self.lineno)
            ]

        count = self.env.temp_data.get("course_questions", 0) + 1
        self.env.temp_data["course_questions"] = count
        node = question(number=count, ids=[f"question-{count}"])
        title = question_title(text, "", *self.state.inline_text(text, self.lineno)[0])
        self.set_source_info(title)
        node += title
        node += body.children[:-1]

        for item in lists[0]:
            option = self._option(item)
            if isinstance(option, nodes.system_message):
                return [option]
            node += option
        rights = [option["right"] for option in node.findall(question_option)]
        if not any(rights) or all(rights):
            return [
                self._fault(
                    "a question needs a right option, `- [x] …`, and a wrong one, `- [ ] …`", self.lineno
                )
            ]
        self.set_source_info(node)
        return [node]

    def _option(self, item):
        line = item.line or (item[0].line if len(item) else None) or self.lineno
        paragraph = item[0] if len(item) else None
        first = paragraph[0] if isinstance(paragraph, nodes.paragraph) and len(paragraph) else None
        mark = MARK.match(first) if isinstance(first, nodes.Text) else None
        if mark is None:
            return self._fault("an option starts with `[ ]` or `[x]`", line)
        if len(item) < 2:
            return self._fault("an option without an explanation: add a paragraph, indented, after it", line)
        right = mark.group(1) != " "
        paragraph.replace(first, nodes.Text(first[mark.end() :]))
        raw = MARK.sub("", paragraph.rawsource, count=1)
        summary = question_summary(raw, "", *paragraph.children)
        verdict = nodes.paragraph(VERDICTS[right], VERDICTS[right], classes=["verdict"])
        option = question_option("", summary, verdict, *item.children[1:], right=right)
        for part in (summary, verdict, option):
            part.source, part.line = self.get_source_info()[0], line
        return option

    def _fault(self, message, line):
        return self.state.document.reporter.error(f"question: {message}", line=line)


def visit_question(self, node):
    label = f"{node['ids'][0]}-title"
    self.body.append(self.starttag(node, "div", CLASS="question", role="group", **{"aria-labelledby": label}))


def visit_title(self, node):
    number, label = node.parent["number"], f"{node.parent['ids'][0]}-title"
    self.body.append(
        f'<p class="question-title" id="{label}"><span class="question-number">{number}.</span> '
    )


def visit_option(self, node):
    kind = "right" if node["right"] else "wrong"
    self.body.append(f'<details class="question-option {kind}">\n')


def leave(text):
    def depart(self, node):
        self.body.append(text)

    return depart


def visit_summary(self, node):
    self.body.append("<summary>")


def depart_summary(self, node):
    self.body.append('</summary>\n<div class="question-answer">\n')


def plain(self, node):
    """Other builders: the text as it is, in its order."""


def setup(app):
    app.add_directive("question", QuestionDirective)
    rest = dict.fromkeys(("latex", "text", "man", "texinfo"), (plain, plain))
    app.add_node(question, html=(visit_question, leave("</div>\n")), **rest)
    app.add_node(question_title, html=(visit_title, leave("</p>\n")), **rest)
    app.add_node(question_option, html=(visit_option, leave("</div>\n</details>\n")), **rest)
    app.add_node(question_summary, html=(visit_summary, depart_summary), **rest)
