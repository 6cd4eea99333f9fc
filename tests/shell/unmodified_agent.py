"""Somebody's agent: it knows the OpenAI client and its own prompt, and nothing of Ratchet."""

import sys

from openai import OpenAI

with OpenAI() as client:
    reply = client.chat.completions.create(
        model="gpt-4o-mini",
        messages=[
            {"role": "system", "content": "Sort what people write to the shop. Reply with one word."},
            {"role": "user", "content": sys.argv[1]},
        ],
    )
print(reply.choices[0].message.content)
