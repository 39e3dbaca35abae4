<?php
/**
 * Comparing documents with what the site holds of them.
 *
 * @package eveobs
 */

namespace Eveobs;

defined( 'ABSPATH' ) || exit;

/** How documents, which are given as to `upsert`, differ from what the site holds. Writes nothing. */
function op_verify( array $given ) {
	$wrong = wrong_documents( $given );
	if ( $wrong ) {
		return $wrong;
	}
	$documents = $given['documents'];
	$keys      = array_map( static fn( $one ) => array( $one['kind'], $one['external_id'] ), $documents );
	$rows      = rows_of( $keys );
	$missing   = array_filter( $documents, static fn( $one ) => null === ( $rows[ $one['kind'] . '/' . $one['external_id'] ]->post_status ?? null ) );
	$strays    = strays( array_map( static fn( $one ) => array( $one['kind'], $one['external_id'], $one['slug'] ), $missing ) );
	$ids       = array();
	foreach ( $keys as $key ) {
		$name = "$key[0]/$key[1]";
		$row  = $rows[ $name ] ?? null;
		if ( $row && null !== $row->post_status ) {
			$ids[ $name ] = (int) $row->post_id;
		} elseif ( isset( $strays[ $name ] ) && is_trusted( $strays[ $name ] ) ) {
			$ids[ $name ] = (int) $strays[ $name ]->ID;
		}
	}
	$held    = new Held( array_values( $ids ), $documents );
	$results = array();
	foreach ( $documents as $one ) {
		$name      = $one['kind'] . '/' . $one['external_id'];
		$results[] = $held->compare( $one, $rows[ $name ] ?? null, $ids[ $name ] ?? 0 );
	}
	return array( 'results' => $results );
}

/** What the database holds of some posts, read past every cache. */
final class Held {
	/** @var array Posts by id. */
	private $posts = array();
	/** @var array Values of fields by post id and key. */
	private $meta = array();
	/** @var array Names of terms by post id and taxonomy. */
	private $terms = array();
	/** @var array The newest revision by post id: what a person saved last. */
	private $saved = array();
	/** @var array Slugs that WordPress gave to second posts. */
	private $second = array();

	/** Reads the posts `$ids` of `$documents`. */
	public function __construct( array $ids, array $documents ) {
		global $wpdb;
		$list = implode( ',', array_map( 'intval', $ids ? $ids : array( 0 ) ) );
		// phpcs:disable WordPress.DB.PreparedSQL -- ids are numbers; `in` prepares.
		foreach ( (array) $wpdb->get_results( "SELECT ID, post_name, post_type, post_status, post_password, post_title, post_content, post_excerpt, post_date_gmt FROM $wpdb->posts WHERE ID IN ($list)" ) as $post ) {
			$post->post_id            = $post->ID;
			$this->posts[ $post->ID ] = $post;
		}
		foreach ( (array) $wpdb->get_results( "SELECT post_id, meta_key, meta_value FROM $wpdb->postmeta WHERE post_id IN ($list) AND meta_key LIKE 'eve\\_%'" ) as $row ) {
			$this->meta[ $row->post_id ][ $row->meta_key ][] = $row->meta_value;
		}
		foreach ( (array) $wpdb->get_results( "SELECT r.object_id, x.taxonomy, t.name FROM $wpdb->term_relationships r JOIN $wpdb->term_taxonomy x ON x.term_taxonomy_id = r.term_taxonomy_id JOIN $wpdb->terms t ON t.term_id = x.term_id WHERE r.object_id IN ($list) AND x.taxonomy LIKE 'eve\\_%'" ) as $row ) {
			$this->terms[ $row->object_id ][ $row->taxonomy ][] = $row->name;
		}
		foreach ( (array) $wpdb->get_results( "SELECT post_parent, post_title, post_content, post_excerpt FROM $wpdb->posts WHERE post_parent IN ($list) AND post_type = 'revision' AND post_name NOT LIKE '%autosave%' ORDER BY ID" ) as $row ) {
			$this->saved[ $row->post_parent ] = $row;
		}
		$slugs = in( array_map( static fn( $one ) => $one['slug'] . '-2', $documents ) );
		$types = in( array_values( types() ) );
		foreach ( (array) $wpdb->get_results( "SELECT post_name, post_content FROM $wpdb->posts WHERE post_name IN ($slugs) AND post_type IN ($types) AND post_status = 'publish'" ) as $row ) {
			$says = marker( $row->post_content );
			if ( $says && slug( $says[0], $says[1] ) . '-2' === $row->post_name ) {
				$this->second[ $row->post_name ] = true;
			}
		}
		// phpcs:enable
	}

	/** How one document differs from its post; of what the user may not know nothing is told. */
	public function compare( array $one, $row, int $id ): array {
		$post = $this->posts[ $id ] ?? null;
		if ( ! $post ) {
			$removed = $row && 0 === (int) $row->post_id && may_know( $row );
			return array( 'outcome' => $removed ? 'trashed' : 'missing' );
		}
		if ( ! may_know( $post ) ) {
			return array( 'outcome' => 'missing' );
		}
		if ( 'trash' === $post->post_status ) {
			return array( 'outcome' => 'trashed' );
		}
		$fields = $this->differing( $one, $post );
		$edited = array_values( array_filter( $fields, fn( $field ) => $this->is_edited( $post, $field ) ) );
		$fields = array_values( array_diff( $fields, $edited ) );
		if ( ! $row || $row->hash !== $one['hash'] || null === $row->post_status ) {
			$fields[] = 'index';
		}
		if ( 'eve_' . $one['kind'] !== $post->post_type ) {
			$fields[] = 'type';
		}
		if ( isset( $this->second[ $one['slug'] . '-2' ] ) ) {
			$fields[] = 'twice';
		}
		return array(
			'outcome' => $fields || $edited ? 'differs' : 'ok',
			'post_id' => (string) $id,
			'fields'  => $fields,
			'edited'  => $edited,
		);
	}

	/** The fields of eveobs that are not as the document has them. */
	private function differing( array $one, $post ): array {
		$moment = strtotime( $one['date'] );
		$same   = array(
			'title'   => self::is_text( 'post_title', inert( $one['title'] ), $post->post_title ),
			'html'    => self::is_text( 'post_content', $one['content'], $post->post_content ),
			'excerpt' => self::is_text( 'post_excerpt', inert( $one['excerpt'] ), $post->post_excerpt ),
			'date'    => $moment > time() || gmdate( 'Y-m-d H:i:s', $moment ) === $post->post_date_gmt,
			'slug'    => $one['slug'] === $post->post_name,
			'meta'    => true,
			'terms'   => true,
			'image'   => $this->is_meta( $one, $post, 'image', $one['image'] ),
		);
		foreach ( kinds()[ $one['kind'] ]['meta'] as $name ) {
			$same['meta'] = $same['meta'] && $this->is_meta( $one, $post, $name, (string) ( $one['meta'][ $name ] ?? '' ) );
		}
		foreach ( kinds()[ $one['kind'] ]['terms'] as $term ) {
			$wanted = array_map( static fn( $name ) => wp_unslash( sanitize_term_field( 'name', wp_slash( inert( (string) $name ) ), 0, "eve_$term", 'db' ) ), array_filter( (array) ( $one['terms'][ $term ] ?? array() ) ) );
			$there  = $this->terms[ $post->ID ][ "eve_$term" ] ?? array();
			sort( $wanted );
			sort( $there );
			$same['terms'] = $same['terms'] && array_values( array_unique( $wanted ) ) === $there;
		}
		return array_keys( array_filter( $same, static fn( $is ) => ! $is ) );
	}

	/** Whether a text is what was to be stored, by a user who may store all HTML or one who may not. */
	private static function is_text( string $field, string $wanted, string $there ): bool {
		if ( $wanted === $there ) {
			return true;
		}
		return wp_unslash( sanitize_post_field( $field, wp_slash( $wanted ), 0, 'db' ) ) === $there || wp_unslash( wp_filter_post_kses( wp_slash( $wanted ) ) ) === $there || trim( $wanted ) === $there;
	}

	/** Whether a field has just one row, and the right one; or none. */
	private function is_meta( array $one, $post, string $name, string $wanted ): bool {
		$there = $this->meta[ $post->ID ][ "eve_$name" ] ?? array();
		$text  = (string) sanitize_meta( "eve_$name", $wanted, 'post', 'eve_' . $one['kind'] );
		if ( is_sqlite() ) { // Its driver writes dates of ISO 8601 as MySQL does.
			$text = preg_replace( '/^(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)Z$/D', '$1 $2', $text );
		}
		return ( '' === $text ? array() : array( $text ) ) === $there;
	}

	/** Whether a person wrote a text: WordPress keeps what people save as revisions, and eveobs makes none. */
	private function is_edited( $post, string $field ): bool {
		$column = array( 'title' => 'post_title', 'html' => 'post_content', 'excerpt' => 'post_excerpt' )[ $field ] ?? '';
		$saved  = $this->saved[ $post->ID ] ?? null;
		return '' !== $column && $saved && $saved->$column === $post->$column;
	}
}
