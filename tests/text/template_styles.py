"""Chat templates in the styles of the model families, written for these tests.

Each has the structure, the branches and the jinja features of its family's template, with words of our own.
A template sees `messages`, `add_generation_prompt`, the special tokens, and `enable_thinking` when given.
"""

# ruff: noqa: RUF001  (DeepSeek writes its markers with the fullwidth bar)

LLAMA_3 = r"""{{- bos_token }}
{%- if custom_tools is defined %}
    {%- set tools = custom_tools %}
{%- endif %}
{%- if not date_string is defined %}
    {%- if strftime_now is defined %}
        {%- set date_string = strftime_now("%d %b %Y") %}
    {%- else %}
        {%- set date_string = "1 Jan 2025" %}
    {%- endif %}
{%- endif %}
{%- if not tools is defined %}
    {%- set tools = none %}
{%- endif %}

{#- The system's words come out of the list, so that the loop below sees turns only. #}
{%- if messages[0]['role'] == 'system' %}
    {%- set system_text = messages[0]['content']|trim %}
    {%- set messages = messages[1:] %}
{%- else %}
    {%- set system_text = "" %}
{%- endif %}

{{- "<|start_header_id|>system<|end_header_id|>\n\n" }}
{%- if tools is not none %}
    {{- "Tools: ipython\n" }}
{%- endif %}
{{- "Today is " + date_string + ".\n\n" }}
{{- system_text }}
{{- "<|eot_id|>" }}

{%- for message in messages %}
    {%- if not (message.role == 'ipython' or message.role == 'tool' or 'tool_calls' in message) %}
        {{- '<|start_header_id|>' + message['role'] + '<|end_header_id|>\n\n'
            + message['content'] | trim + '<|eot_id|>' }}
    {%- elif 'tool_calls' in message %}
        {{- raise_exception("no tools here") }}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|start_header_id|>assistant<|end_header_id|>\n\n' }}
{%- endif %}
"""

QWEN_2_5 = r"""{%- if tools %}
    {{- '<|im_start|>system\nTools:' }}
    {%- for tool in tools %}
        {{- "\n" }}
        {{- tool | tojson }}
    {%- endfor %}
    {{- '<|im_end|>\n' }}
{%- else %}
    {%- if messages[0]['role'] == 'system' %}
        {{- '<|im_start|>system\n' + messages[0]['content'] + '<|im_end|>\n' }}
    {%- else %}
        {{- '<|im_start|>system\nYou answer questions.<|im_end|>\n' }}
    {%- endif %}
{%- endif %}
{%- for message in messages %}
    {%- if (message.role == "user") or (message.role == "system" and not loop.first)
        or (message.role == "assistant" and not message.tool_calls) %}
        {{- '<|im_start|>' + message.role + '\n' + message.content + '<|im_end|>' + '\n' }}
    {%- elif message.role == "assistant" %}
        {{- '<|im_start|>' + message.role }}
        {%- if message.content %}
            {{- '\n' + message.content }}
        {%- endif %}
        {{- '<|im_end|>\n' }}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|im_start|>assistant\n' }}
{%- endif %}
"""

QWEN_3 = r"""{%- if messages[0].role == 'system' %}
    {{- '<|im_start|>system\n' + messages[0].content + '<|im_end|>\n' }}
{%- endif %}
{%- set ns = namespace(searching=true, last_question=messages|length - 1) %}
{%- for message in messages[::-1] %}
    {%- set index = (messages|length - 1) - loop.index0 %}
    {%- if ns.searching and message.role == "user" and message.content is string
        and not(message.content.startswith('<tool_response>')
                and message.content.endswith('</tool_response>')) %}
        {%- set ns.searching = false %}
        {%- set ns.last_question = index %}
    {%- endif %}
{%- endfor %}
{%- for message in messages %}
    {%- if message.content is string %}
        {%- set content = message.content %}
    {%- else %}
        {%- set content = '' %}
    {%- endif %}
    {%- if (message.role == "user") or (message.role == "system" and not loop.first) %}
        {{- '<|im_start|>' + message.role + '\n' + content + '<|im_end|>' + '\n' }}
    {%- elif message.role == "assistant" %}
        {%- set reasoning = '' %}
        {%- if message.reasoning_content is string %}
            {%- set reasoning = message.reasoning_content %}
        {%- else %}
            {%- if '</think>' in content %}
                {%- set reasoning = content.split('</think>')[0].rstrip('\n') %}
                {%- set reasoning = reasoning.split('<think>')[-1].lstrip('\n') %}
                {%- set content = content.split('</think>')[-1].lstrip('\n') %}
            {%- endif %}
        {%- endif %}
        {%- if loop.index0 > ns.last_question and (loop.last or (not loop.last and reasoning)) %}
            {{- '<|im_start|>' + message.role + '\n<think>\n' + reasoning.strip('\n')
                + '\n</think>\n\n' + content.lstrip('\n') }}
        {%- else %}
            {{- '<|im_start|>' + message.role + '\n' + content }}
        {%- endif %}
        {{- '<|im_end|>\n' }}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|im_start|>assistant\n' }}
    {%- if enable_thinking is defined and enable_thinking is false %}
        {{- '<think>\n\n</think>\n\n' }}
    {%- endif %}
{%- endif %}
"""

SMOLLM_3 = r"""{# ---- defaults ---- #}
{%- if enable_thinking is not defined -%}
{%- set enable_thinking = true -%}
{%- endif -%}
{# ---- the mode ---- #}
{%- if enable_thinking -%}
{%- set mode = "/think" -%}
{%- else -%}
{%- set mode = "/no_think" -%}
{%- endif -%}
{%- set today = strftime_now("%d %B %Y") -%}
{%- if messages[0].role == "system" -%}
    {%- set system = messages[0].content -%}
    {%- if "/no_think" in system -%}
        {%- set mode = "/no_think" -%}
    {%- elif "/think" in system -%}
        {%- set mode = "/think" -%}
    {%- endif -%}
    {%- set instructions = system.replace("/no_think", "").replace("/think", "").rstrip() -%}
{%- endif -%}
{{- "<|im_start|>system\n" -}}
{%- if "/system_override" in (system or "") -%}
    {{- instructions.replace("/system_override", "").rstrip() -}}
{%- else -%}
    {{- "## About\n\nDate: " ~ today ~ "\nMode: " ~ mode ~ "\n\n## Instructions\n\n" -}}
    {%- if instructions -%}
        {{- instructions + "\n\n" -}}
    {%- elif mode == "/think" -%}
        {{- "Think first.\n\n" -}}
    {%- else -%}
        {{- "Answer at once.\n\n" -}}
    {%- endif -%}
{%- endif -%}
{{- "<|im_end|>\n" -}}
{%- for message in messages -%}
    {%- set content = message.content if message.content is string else "" -%}
    {%- if message.role == "user" -%}
        {{ "<|im_start|>" + message.role + "\n" + content + "<|im_end|>\n" }}
    {%- elif message.role == "assistant" -%}
        {% generation %}
        {%- if mode == "/think" -%}
            {{ "<|im_start|>assistant\n" + content.lstrip("\n") + "<|im_end|>\n" }}
        {%- else -%}
            {{ "<|im_start|>assistant\n" + "<think>\n\n</think>\n" + content.lstrip("\n") + "<|im_end|>\n" }}
        {%- endif -%}
        {% endgeneration %}
    {%- endif -%}
{%- endfor -%}
{%- if add_generation_prompt -%}
    {%- if mode == "/think" -%}
        {{ "<|im_start|>assistant\n" }}
    {%- else -%}
        {{ "<|im_start|>assistant\n" + "<think>\n\n</think>\n" }}
    {%- endif -%}
{%- endif -%}
"""

GEMMA_3 = r"""{{ bos_token }}
{%- if messages[0]['role'] == 'system' -%}
    {%- if messages[0]['content'] is string -%}
        {%- set prefix = messages[0]['content'] + '\n\n' -%}
    {%- else -%}
        {%- set prefix = messages[0]['content'][0]['text'] + '\n\n' -%}
    {%- endif -%}
    {%- set turns = messages[1:] -%}
{%- else -%}
    {%- set prefix = "" -%}
    {%- set turns = messages -%}
{%- endif -%}
{%- for message in turns -%}
    {%- if (message['role'] == 'user') != (loop.index0 % 2 == 0) -%}
        {{ raise_exception("user and assistant must take turns") }}
    {%- endif -%}
    {%- if (message['role'] == 'assistant') -%}
        {%- set role = "model" -%}
    {%- else -%}
        {%- set role = message['role'] -%}
    {%- endif -%}
    {{ '<start_of_turn>' + role + '\n' + (prefix if loop.first else "") }}
    {%- if message['content'] is string -%}
        {{ message['content'] | trim }}
    {%- elif message['content'] is iterable -%}
        {%- for item in message['content'] -%}
            {{ item['text'] | trim }}
        {%- endfor -%}
    {%- else -%}
        {{ raise_exception("content is neither text nor a list") }}
    {%- endif -%}
    {{ '<end_of_turn>\n' }}
{%- endfor -%}
{%- if add_generation_prompt -%}
    {{'<start_of_turn>model\n'}}
{%- endif -%}
"""

DEEPSEEK_R1 = (
    r"""{% if not add_generation_prompt is defined %}{% set add_generation_prompt = false %}{% endif %}"""
    r"""{% set ns = namespace(is_first=true, system='') %}"""
    r"""{%- for message in messages %}{%- if message['role'] == 'system' %}"""
    r"""{% set ns.system = message['content'] %}{%- endif %}{%- endfor %}"""
    r"""{{bos_token}}{{ns.system}}"""
    r"""{%- for message in messages %}{%- if message['role'] == 'user' %}{%- set ns.is_first = false -%}"""
    r"""{{'<｜User｜>' + message['content']}}{%- endif %}"""
    r"""{%- if message['role'] == 'assistant' and message['content'] is not none %}"""
    r"""{% set content = message['content'] %}"""
    r"""{% if '</think>' in content %}{% set content = content.split('</think>')[-1] %}{% endif %}"""
    r"""{{'<｜Assistant｜>' + content + eos_token}}{%- endif %}{%- endfor -%}"""
    r"""{% if add_generation_prompt %}{{'<｜Assistant｜><think>\n'}}{% endif %}"""
)

MACROS = r"""
{%- macro turn(role, text='', closing="<end>") -%}
<{{ role }}>{{ text | trim | indent(2) }}{{ closing }}
{% endmacro -%}
{% macro framed(name) %}[{{ name }}{{ caller() }}]{% endmacro %}
{% for message in messages %}
{{ turn(message.role, message.content) }}{{ turn(role=message['role'], closing='') }}
    {% call framed(loop.index0) %}{{ message.content | length }} {{ message | length }}{% endcall %}

{% endfor %}
"""

JSON = r"""
{%- for message in messages %}
{{ message | tojson }}{{ message.content | tojson(ensure_ascii=true) }}
{{ messages | tojson(indent=4) }}
{{ {'b': [1, 2.5, none, true], 'a': message.role} | tojson(separators=(',', ':'), sort_keys=true) }}
{{- message is mapping }}{{ message.content is mapping }}{{ message.content is string }}
{{- messages is iterable }}
{%- for key, value in message.items() %}{{ key }}={{ value | upper }};{% endfor %}
{%- endfor %}"""

LOOPS = r"""
{%- for message in messages if message.content %}
    {%- if loop.index0 > 4 %}{% break %}{% endif %}
    {%- if message.content == 'skip' %}{% continue %}{% endif %}
    {{- loop.index }}/{{ loop.length }}:{{ loop.revindex0 }}{{ loop.cycle('a', 'b') }}
    {%- if loop.previtem is defined and loop.previtem.role == message.role %} again{% endif %}
    {%- if not loop.last and loop.nextitem.role == 'assistant' %} answered{% endif %}
    {%- if loop.changed(message.role) %} {{ message.role.title() }}{% endif %}
{% else %}nothing
{%- endfor %}
{{ messages | map(attribute='role') | join(', ') }}
{{ messages | selectattr('role', 'equalto', 'user') | list | length }}{{ messages[1:] | length }}
{{ messages[-1].content[:3] }}{{ (messages | last).role }} {{ messages[::2] | join('|', 'content') }}
"""

TEXT = r"""
{%- set words = [] %}
{% for message in messages -%}
  {{ message.content.replace('\n', '⏎') | replace('a', '"') }}
  {{- message.content.strip().split(' ') | join('·') }}
	{%+ if message.content.startswith('{{') %}braces{% endif +%}
  {%- set words = words + [message.content.upper()] -%}
  {#- a comment -#}
   {{ words | join }} {{ '%s: %s' | format(message.role, message.content) }}
   {{ message.content | default('x', true) | first }}
    {# trimmed #}
{% raw %}{{ not rendered }}{% endraw %}

{% endfor %}
{{ messages | string }}{{ missing }}{{ missing is defined }}{{ tools is none }}{{ documents is none }}

"""

GENERATION = r"""
{%- set kept = 'outer' %}
{%- for message in messages %}
    {%- if message.role == 'assistant' %}
        {%- generation %}
            {%- set kept = 'inner' %}
            {{- loop.index0 ~ message.content ~ kept }}
        {%- endgeneration %}
    {%- endif %}
    {{- kept }}
{% endfor %}
{%- generation %}{% set kept = kept + '!' %}{{ kept }}{% endgeneration %}{{ kept }}
"""

SPECIALS = r"""{{ bos_token is defined }}{{ eos_token is defined }}{{ bos_token }}{{ eos_token }}
{%- if bos_token is defined %}{{ bos_token + eos_token }}{% else %}without{% endif %}
{%- set ns = namespace(seen=dict(a=1)) %}{% set ns.seen = dict.fromkeys(['b'], 2) %}{{ ns.seen }}"""

FAMILIES = {
    "llama3": LLAMA_3,
    "qwen2.5": QWEN_2_5,
    "qwen3": QWEN_3,
    "smollm3": SMOLLM_3,
    "gemma3": GEMMA_3,
    "deepseek-r1": DEEPSEEK_R1,
}
FEATURES = {
    "macros": MACROS,
    "json": JSON,
    "loops": LOOPS,
    "text": TEXT,
    "generation": GENERATION,
    "specials": SPECIALS,
}
