import plotly.graph_objects as go
import pytest

from fleet.dashboard import theme
from fleet.dashboard.literal import figure_text, markdown_text

JOINER = "\u2060"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Arizona (West US 3)", "Arizona (West US 3)"),
        ("home_region **bold**", r"home\_region \*\*bold\*\*"),
        ("<img src=x>", r"\<img src=x\>"),
        ("$x^2$", r"\$x^2\$"),
        ("a | b ~~c~~ `d` # &amp;", rf"a \| b \~{JOINER}\~c\~{JOINER}\~ \`d\` \# \&amp;"),
        ("two\n\n# lines", r"two \# lines"),
        ("- a list", r"\- a list"),
        ("1. a list", f"1{JOINER}. a list"),
        (":red[x] :smile: :material/home:", rf":{JOINER}red\[x\] :{JOINER}smile: :{JOINER}material/home:"),
        (
            "http://a.example www.a.example a@b.example",
            f"http:{JOINER}//a.example www{JOINER}.a.example a@{JOINER}b.example",
        ),
        ("a -> b, 1 <= 2", rf"a -{JOINER}\> b, 1 \<{JOINER}= 2"),
        ("from 10:00 to 12:00", "from 10:00 to 12:00"),
    ],
)
def test_markdown_and_what_streamlit_replaces_after_it_is_escaped(text, shown):
    assert markdown_text(text) == shown


def test_a_command_between_backticks_may_stay():
    assert markdown_text("run `fleet demo` in my_home", keep_code=True) == r"run `fleet demo` in my\_home"


def test_plotly_gets_no_tag_no_formula_and_no_field():
    assert figure_text("<a href='x'>y</a>") == "&lt;a href='x'&gt;y&lt;/a&gt;"
    assert figure_text("$x$ %{customdata[0]} &lt;") == "&#36;x&#36; %&#123;customdata[0]} &amp;lt;"


def test_the_title_of_a_figure_is_plain_text():
    figure = theme.style_figure(go.Figure(), title="<b>Big</b>", x_title="", y_title="", height=100)
    assert figure.layout.title.text == "&lt;b&gt;Big&lt;/b&gt;"
