"""Words that headers use for our fields, in English, German, French, Spanish, Italian, Dutch and Portuguese.

A weight of 1 means nothing else; below that the word is used for other things too, and what the values look like and
which other columns there are decide. Written without accents, in small letters; `_` stands for a space.
"""

import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache

_WORDS: Mapping[str, Mapping[float, str]] = {
    "question": {
        1.0: "question customer_question user_question user_message customer_message inquiry enquiry first_message "
        "frage kundenfrage anfrage kundenanfrage kundennachricht fragetext nutzerfrage "
        "question_du_client question_client demande demande_client message_client message_du_client "
        "pregunta consulta pregunta_del_cliente mensaje_del_cliente consulta_del_cliente "
        "domanda domanda_del_cliente richiesta richiesta_cliente messaggio_cliente messaggio_del_cliente "
        "vraag klantvraag vraag_van_klant vraag_klant klantbericht "
        "pergunta pergunta_do_cliente mensagem_do_cliente duvida solicitacao",
        0.75: "query request prompt input utterance description message issue problem ticket_text question_text "
        "nachricht beschreibung anliegen problembeschreibung descripcion mensaje problema messaggio descrizione "
        "bericht omschrijving probleem mensagem descricao user customer_text probleme requete",
        0.45: "text body content subject betreff objet asunto oggetto onderwerp assunto title titel titre titulo "
        "titolo inhalt contenu contenido contenuto inhoud conteudo",
    },
    "answer": {
        1.0: "draft draft_answer draft_reply answer_draft ai_draft ai_answer ai_reply ai_response bot_answer bot_reply "
        "bot_response suggested_answer suggested_reply suggestion proposed_answer generated_answer model_output "
        "model_answer assistant_answer assistant_reply original_answer agent_draft copilot "
        "entwurf antwortentwurf antwortvorschlag vorschlag ki_antwort antwort_ki bot_antwort antwort_bot "
        "antwort_entwurf vorgeschlagene_antwort "
        "brouillon reponse_proposee proposition reponse_ia reponse_du_bot reponse_bot reponse_suggeree reponse_generee "
        "projet_de_reponse "
        "borrador respuesta_propuesta respuesta_sugerida respuesta_ia respuesta_del_bot respuesta_bot "
        "bozza risposta_proposta risposta_suggerita risposta_ia risposta_bot risposta_del_bot "
        "concept conceptantwoord voorgesteld_antwoord antwoord_bot bot_antwoord ai_antwoord voorstel "
        "rascunho resposta_sugerida resposta_proposta resposta_ia resposta_do_bot resposta_bot",
        0.8: "answer response output completion prediction generation before original "
        "antwort reponse respuesta risposta antwoord resposta",
        0.6: "reply bot assistant vorher avant antes prima voor",
    },
    "sent": {
        1.0: "sent sent_answer sent_reply answer_sent reply_sent final_answer final_reply final_response human_answer "
        "human_reply human_response corrected_answer correction edited_answer edited_reply expected_answer "
        "better_answer agent_reply agent_response staff_reply published reply_text "
        "gesendet gesendete_antwort antwort_gesendet versendete_antwort versendet verschickt finale_antwort "
        "endgueltige_antwort endgultige_antwort tatsachliche_antwort korrektur korrigierte_antwort antwort_mitarbeiter "
        "uberarbeitete_antwort bessere_antwort richtige_antwort antwort_agent "
        "reponse_envoyee envoyee envoye reponse_finale reponse_corrigee reponse_du_conseiller reponse_agent correction "
        "respuesta_enviada enviada enviado respuesta_final respuesta_corregida respuesta_del_agente correccion "
        "risposta_inviata inviata inviato risposta_finale risposta_corretta risposta_operatore correzione "
        "verzonden verzonden_antwoord verstuurd_antwoord definitief_antwoord gecorrigeerd_antwoord antwoord_medewerker "
        "resposta_enviada resposta_final resposta_corrigida resposta_do_atendente correcao",
        0.7: "final corrected edited after revised expected nachher apres despues dopo na depois reference gold "
        "ground_truth",
        0.5: "answer reply response antwort reponse respuesta risposta antwoord resposta",
    },
    "rating": {
        1.0: "rating stars csat satisfaction customer_satisfaction satisfaction_score satisfaction_rating thumbs nps "
        "bewertung sterne zufriedenheit kundenzufriedenheit kundenbewertung schulnote "
        "etoiles satisfaction_client note_client note_de_satisfaction "
        "calificacion valoracion puntuacion satisfaccion estrellas "
        "valutazione voto soddisfazione stelle punteggio beoordeling waardering tevredenheid sterren klanttevredenheid "
        "avaliacao satisfacao estrelas classificacao",
        0.7: "score note nota cijfer evaluation grade mark review feedback_score helpful hilfreich utile util nuttig "
        "rueckmeldung ruckmeldung feedback reaction accepted success reward outcome",
    },
    "comment": {
        1.0: "comment comments rating_comment customer_comment satisfaction_comment feedback_text feedback_comment "
        "kommentar kommentare anmerkung bemerkung kundenkommentar commentaire commentaires remarque remarques avis "
        "comentario comentarios observaciones commento commenti osservazioni opmerking opmerkingen toelichting "
        "comentario_do_cliente observacao observacoes",
        0.6: "feedback note notes notiz remark verbatim rueckmeldung ruckmeldung",
    },
    "author": {
        1.0: "author agent_name assignee assigned_to answered_by sent_by edited_by corrected_by handled_by editor "
        "bearbeiter bearbeiterin sachbearbeiter bearbeitet_von mitarbeiter mitarbeiterin zustandig beantwortet_von "
        "auteur conseiller conseillere traite_par operateur agent_traitant "
        "agente autor asesor empleado atendido_por operador autore operatore gestito_da addetto "
        "medewerker behandelaar behandeld_door auteur_naam atendente funcionario responsavel responsable",
        0.7: "agent operator employee staff annotator reviewer owner user_name name",
    },
    "rater": {1.0: "rater rated_by bewertet_von note_par evaluateur evaluador valutato_da beoordelaar avaliador"},
    "customer": {
        1.0: "customer customer_id customer_number client client_id requester requester_id end_user contact "
        "kunde kundennummer kunden_nr kunden_id kundennr kundin numero_client identifiant_client cliente id_cliente "
        "numero_cliente codice_cliente klant klantnummer klant_id codigo_cliente",
        0.7: "user user_id userid email e_mail kontakt utilisateur usuario utente gebruiker utilizador username",
    },
    "at": {
        1.0: "created_at created timestamp date datetime time asked_at received_at opened_at date_time "
        "datum zeitpunkt erstellt erstellt_am eingang eingegangen_am eingangsdatum zeitstempel datum_uhrzeit "
        "date_de_creation cree_le horodatage date_heure date_creation recu_le "
        "fecha fecha_hora fecha_de_creacion fecha_creacion creado data data_ora data_creazione creato_il "
        "aangemaakt aangemaakt_op tijdstip data_de_criacao data_hora criado_em",
        0.6: "zeit heure hora ora tijd uhrzeit updated_at closed_at geandert_am day tag jour dia giorno dag",
    },
    "id": {
        1.0: "id ticket_id ticketid ticketnummer ticket_nr ticket_number ticket_no ticket_nummer case_id case_number "
        "interaction_id message_id request_id trace_id run_id vorgang vorgangsnummer fallnummer numero_de_ticket "
        "numero_ticket n_ticket id_ticket identifiant numero_de_caso id_caso zaaknummer ticketcode protocolo chamado",
        0.7: "ticket nr no nummer number numero case fall reference referenz caso zaak uuid key",
    },
    "interaction_id": {1.0: "interaction_id inference_id run_id trace_id traceid response_id message_ref target_id"},
    "episode_id": {
        1.0: "conversation_id conversation session_id thread_id episode_id session thread chat_id dialog_id "
        "konversation gesprach gesprachs_id unterhaltung id_conversation conversacion id_conversacion conversazione "
        "gesprek gesprek_id conversa id_conversa",
    },
    "label": {
        1.0: "label intent category class correct_label gold_label kategorie klasse categorie categoria etikett "
        "etiquette etiqueta etichetta intencion intention intento rubrik",
        0.5: "tag topic thema type typ tema",
    },
    "given_label": {1.0: "predicted_label predicted prediction predicted_intent predicted_category vorhersage"},
    "article_id": {1.0: "article_id gold_passage_id passage_id article kb_article artikel artikel_id id_articolo"},
    "topic": {
        1.0: "topic thema sujet tema argomento category kategorie categorie categoria product produkt produit producto "
        "prodotto queue warteschlange rubrik intent",
        0.5: "type typ group gruppe department abteilung bereich service tag tags",
    },
    "taken_over": {
        1.0: "taken_over takeover handover handed_over escalated human_takeover transferred ubernommen ubergabe "
        "eskaliert an_mensch_ubergeben reprise reprise_humaine escalade transfere escalado transferido tomado "
        "preso_in_carico escalation overgenomen doorgestuurd geescaleerd assumido escalonado",
    },
    "reason": {1.0: "reason why grund begrundung raison motif razon motivo reden toelichting_reden justificativa"},
    "kind": {1.0: "kind feedback_kind feedback_type"},
    "rated_at": {1.0: "rated_at rating_date bewertet_am date_de_notation fecha_valoracion beoordeeld_op avaliado_em"},
    "body": {
        1.0: "body section_content article_body artikeltext contenu contenido contenuto conteudo",
        0.5: "text content inhalt inhoud",
    },
    "title": {1.0: "title page_title titel titre titulo titolo headline ueberschrift uberschrift"},
    "message.text": {
        1.0: "text body content message plain_body body_text nachricht inhalt texte contenu texto contenido testo "
        "contenuto tekst inhoud conteudo value html_body html",
    },
    "message.role": {
        1.0: "role author_type sender_type from sender type rolle absender expediteur remitente mittente afzender "
        "remetente direction user_type sent_by_type speaker kind",
        0.6: "author by who von par de",
    },
    "message.author": {
        1.0: "author author_name author_id user_id sender_name agent_name name user by autor auteur autore",
        0.5: "agent from email id_author",
    },
    "message.at": {1.0: "at created_at timestamp time date sent_at datum zeit fecha data created"},
    "message.hidden": {1.0: "private internal hidden is_private is_internal intern interne privado privato"},
}
LEXICON: Mapping[str, Mapping[str, float]] = {
    field: {word.replace("_", " "): weight for weight, words in by_weight.items() for word in words.split()}
    for field, by_weight in _WORDS.items()
}
"""By our field, its words with their weights."""

_GERMAN_WORDS = (
    "frage anfrage kundenanfrage antwort gesendet bewertung sterne bearbeiter mitarbeiter kunde datum erstellt am von "
    "kommentar nachricht betreff entwurf zufriedenheit kundenfrage antwortentwurf vorgang uhrzeit status kanal"
)
_GERMAN = frozenset(_GERMAN_WORDS.split())
_ENGLISH_WORDS = (
    "question answer draft sent rating score comment author customer date created at updated by user agent text label "
    "category reply response time ticket subject description status channel id"
)
_ENGLISH = frozenset(_ENGLISH_WORDS.split())


def words_of(header: str) -> str:
    """A header as the lexicon writes: small letters without accents, words parted by one space, `camelCase` taken
    apart, of a path the last name first."""
    spaced = re.sub(r"(?<=[a-zà-ÿ0-9])(?=[A-Z])", " ", header)
    plain = unicodedata.normalize("NFKD", spaced.casefold().replace("ß", "ss"))
    letters = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return " ".join(re.findall(r"[a-z]+", letters))


@lru_cache(maxsize=16_384)
def header_score(field: str, header: str) -> float:
    """How well a header names our field, 0 to 1."""
    lexicon = LEXICON.get(field, {})
    found = 0.0
    last = header.rpartition(".")[2]
    for words, factor in ((words_of(header), 1.0), (words_of(last), 0.95)):
        if not words:
            continue
        if words in lexicon:
            found = max(found, lexicon[words] * factor)
            continue
        parts = words.split()
        for phrase, weight in lexicon.items():
            inner = phrase.split()
            if set(inner) <= set(parts):
                found = max(found, weight * factor * (0.9 if len(inner) > 1 else 0.8))
            elif len(phrase) >= 6 and len(inner) == 1 and any(phrase in part for part in parts):
                found = max(found, weight * factor * 0.6)
    return found


def is_german(headers: list[str]) -> bool:
    """Whether the headers are German: a `Note` is a school mark there, and 1 the best."""
    words = {word for header in headers for word in words_of(header).split()}
    return len(words & _GERMAN) >= 2


def is_english(headers: list[str]) -> bool:
    """Whether the headers are English, where 03/04 may be either."""
    words = {word for header in headers for word in words_of(header).split()}
    return len(words & _ENGLISH) >= max(1, len(words) // 3) and not words & _GERMAN - _ENGLISH
